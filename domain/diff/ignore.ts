import type { RawObject } from "../../schemas/artifact.ts";
import type { ObjectKey } from "../../schemas/ids.ts";
import type { IgnoreDifferences, IgnoredFields } from "../../schemas/kinds/ignore-differences.ts";
import { globMatches } from "../project/glob.ts";
import { canonicalJson, type Digests } from "../sync/canonical.ts";
import { compareText } from "../sync/identity.ts";
import { managedPaths } from "./managed.ts";
import { pathOfPointer, pathsOfJq, withoutPaths, type JsonPath } from "./path.ts";

/** Fields of some objects whose differences don't count: an application's `ignoreDifferences`, or a system-wide rule. */
export type IgnoreRule = IgnoreDifferences;

/** All that is ignored of one object. Each list is sorted and names nothing twice. */
export interface Ignoring {
  jsonPointers: string[];
  jqPathExpressions: string[];
  managedFieldsManagers: string[];
}

/** System-wide rules out of what kinds are customised with. */
export const rulesOf = (
  customizations: readonly { group: string; kind: string; ignoreDifferences?: IgnoredFields | undefined }[],
): IgnoreRule[] =>
  customizations.flatMap(({ group, kind, ignoreDifferences }) =>
    ignoreDifferences ? [{ group, kind, ...ignoreDifferences }] : [],
  );

/** What the rules say of one object, all that match together; undefined when nothing of it is ignored. */
export function ignoringFor(key: ObjectKey, rules: readonly IgnoreRule[]): Ignoring | undefined {
  const matching = rules.filter((rule) => matches(rule, key));
  const all = (list: keyof Ignoring): string[] =>
    [...new Set(matching.flatMap((rule) => rule[list] ?? []))].sort(compareText);
  const ignoring: Ignoring = {
    jsonPointers: all("jsonPointers"),
    jqPathExpressions: all("jqPathExpressions"),
    managedFieldsManagers: all("managedFieldsManagers"),
  };
  return Object.values(ignoring).some((list: string[]) => list.length > 0) ? ignoring : undefined;
}

const matches = ({ group, kind, namespace, name }: IgnoreRule, key: ObjectKey): boolean =>
  globMatches(group, key.group) &&
  globMatches(kind, key.kind) &&
  (name === undefined || globMatches(name, key.name)) &&
  (namespace === undefined || globMatches(namespace, key.namespace));

/** Short digest of what is ignored of an object, so that changed rules are seen; undefined when nothing is. */
export const rulesDigest = (ignoring: Ignoring | undefined, { digest }: Pick<Digests, "digest">): string | undefined =>
  ignoring && digest(canonicalJson(ignoring)).slice(0, 16);

/** What the paths of an object are found by. */
export interface IgnoredIn {
  ignoring: Ignoring;
  /** The live object: its `managedFields` say which fields a manager has. */
  live: RawObject | undefined;
  /** What jq's `path()` gave on the object for the expressions. */
  jq: readonly (readonly unknown[])[];
}

/** Where the ignored fields of an object stand. Never the object as a whole. */
export function ignoredPaths(object: RawObject, { ignoring, live, jq }: IgnoredIn): JsonPath[] {
  const pointed = ignoring.jsonPointers.flatMap((pointer) => {
    const path = pathOfPointer(object, pointer);
    return path ? [path] : [];
  });
  const queried = jq.flatMap((steps) => pathsOfJq(object, steps));
  const managed = live ? managedPaths(object, live, ignoring.managedFieldsManagers) : [];
  return [...pointed, ...queried, ...managed].filter((path) => path.length > 0);
}

/** The object without the fields at the paths. What it is and what it is called stays, whatever is ignored. */
export function withoutIgnored(object: RawObject, paths: readonly JsonPath[]): RawObject {
  if (paths.length === 0) return object;
  const { apiVersion, kind } = object;
  const { name, namespace } = object.metadata;
  const rest = withoutPaths(object, paths);
  const metadata = { ...rest.metadata, name, ...(namespace === undefined ? {} : { namespace }) };
  return { ...rest, apiVersion, kind, metadata };
}
