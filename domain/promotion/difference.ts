import type { RawObject } from "../../schemas/artifact.ts";
import { type FieldDifference, MOST_LISTED_OBJECTS, type ObjectChange } from "../../schemas/difference.ts";
import type { ApplicationDifference, ObjectDifference } from "../../schemas/difference.ts";
import type { DifferenceCounts } from "../../schemas/promotion.ts";
import { equalState, normalised } from "../sync/compare.ts";
import { canonicalJson } from "../sync/canonical.ts";
import { compareText, keyTextOf } from "../sync/identity.ts";
import { fieldDifferences, fieldsOfWhole } from "./field-difference.ts";

/** What an application's objects are now, and what they are to be; secret values are masked in both. */
export interface ComparedApplication extends Pick<
  ApplicationDifference,
  "application" | "cluster" | "wave" | "from" | "to" | "sourceDigest"
> {
  was: readonly RawObject[];
  is: readonly RawObject[];
}

/** Fields of one object that are listed, and characters of all fields together: what is beyond is counted. */
const MOST_FIELDS = 50;
const MOST_CHARACTERS = 8 * 1024 * 1024;

interface Pair {
  object: string;
  was: RawObject | undefined;
  is: RawObject | undefined;
}

/**
 * What changes, application by application and object by object. The digest is over every change as a whole, listed or not, and over
 * nothing else: neither commits nor times, so that equal content is the same difference.
 */
export function differenceOf(
  applications: readonly ComparedApplication[],
  digest: (text: string) => string,
  most = MOST_LISTED_OBJECTS,
): { applications: ApplicationDifference[]; counts: DifferenceCounts; digest: string } {
  let listed = 0;
  let characters = 0;
  const counts: DifferenceCounts = { applications: 0, created: 0, changed: 0, deleted: 0, unchanged: 0 };
  const digested: unknown[] = [];

  const objectDifference = ({ object, was, is }: Pair, change: ObjectChange): ObjectDifference => {
    const all = fieldsOf(was, is);
    const fields = all.slice(0, MOST_FIELDS).filter((field) => (characters += sizeOf(field)) <= MOST_CHARACTERS);
    return { object, change, fields, ...(all.length > fields.length && { moreFields: all.length - fields.length }) };
  };

  const compared = applications.toSorted(byPlace).map(({ was, is, ...named }): ApplicationDifference => {
    const changes = pairsOf(was, is).map((pair) => ({ pair, change: changeOf(pair) }));
    const own = { created: 0, changed: 0, deleted: 0, unchanged: 0 };
    const objects: ObjectDifference[] = [];
    for (const { pair, change } of changes) {
      own[change] += 1;
      if (change === "unchanged" || listed >= most) continue;
      listed += 1;
      objects.push(objectDifference(pair, change));
    }
    const changing = changes.filter(({ change }) => change !== "unchanged");
    const { application, cluster } = named;
    digested.push([
      application,
      cluster,
      changing.map(({ pair, change }) => [pair.object, change, digestOf(pair, digest)]),
    ]);
    counts.applications += changing.length > 0 ? 1 : 0;
    for (const each of ["created", "changed", "deleted", "unchanged"] as const) counts[each] += own[each];
    const more = changing.length - objects.length;
    return { ...named, counts: own, objects, ...(more > 0 && { more }) };
  });
  const inOrder = digested.toSorted((a, b) => compareText(canonicalJson(a), canonicalJson(b)));
  return { applications: compared, counts, digest: digest(canonicalJson(inOrder)) };
}

/** Of what is created or deleted all but what its key says already. */
function fieldsOf(was: RawObject | undefined, is: RawObject | undefined): FieldDifference[] {
  if (was && is) return fieldDifferences(normalised(was), normalised(is));
  const whole = fieldsOfWhole(normalised((was ?? is)!), was ? "was" : "is");
  return whole
    .map((field) => ({ ...field, path: field.path.replace(/^\./, "") }))
    .filter(({ path }) => !NAMED.has(path));
}

const NAMED: ReadonlySet<string> = new Set(["apiVersion", "kind", "metadata.name", "metadata.namespace"]);

const byPlace = (a: ComparedApplication, b: ComparedApplication): number =>
  a.wave - b.wave || compareText(a.application, b.application);

const sizeOf = ({ path, was = "", is = "" }: FieldDifference): number => path.length + was.length + is.length;

/** Objects of both sides by their keys, sorted. */
function pairsOf(was: readonly RawObject[], is: readonly RawObject[]): Pair[] {
  const pairs = new Map<string, Pair>();
  for (const object of was) pairs.set(keyTextOf(object), { object: keyTextOf(object), was: object, is: undefined });
  for (const object of is) {
    const key = keyTextOf(object);
    pairs.set(key, { object: key, was: pairs.get(key)?.was, is: object });
  }
  return [...pairs.values()].sort((a, b) => compareText(a.object, b.object));
}

function changeOf({ was, is }: Pair): ObjectChange | "unchanged" {
  if (!was) return "created";
  if (!is) return "deleted";
  return equalState(was, is) ? "unchanged" : "changed";
}

const digestOf = ({ was, is }: Pair, digest: (text: string) => string): (string | null)[] =>
  [was, is].map((object) => (object ? digest(canonicalJson(normalised(object))) : null));
