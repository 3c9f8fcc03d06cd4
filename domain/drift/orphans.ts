import type { RawObject } from "../../schemas/artifact.ts";
import { APPLICATION_LABEL, type ObjectKey } from "../../schemas/ids.ts";
import { globMatches } from "../project/glob.ts";
import { ownerOf } from "../sync/tracking.ts";

/** Objects that are no orphans, by globs; what is absent matches any. */
export interface OrphanRule {
  group: string;
  kind: string;
  name: string;
}

/** What every namespace has, or what comes and goes by itself. */
const USUAL: readonly OrphanRule[] = [
  { group: "", kind: "ConfigMap", name: "kube-root-ca.crt" },
  { group: "", kind: "ConfigMap", name: "openshift-service-ca.crt" },
  { group: "", kind: "ServiceAccount", name: "default" },
  { group: "", kind: "Event", name: "*" },
  { group: "events.k8s.io", kind: "Event", name: "*" },
  { group: "", kind: "Endpoints", name: "*" },
  { group: "discovery.k8s.io", kind: "EndpointSlice", name: "*" },
  { group: "coordination.k8s.io", kind: "Lease", name: "*" },
  { group: "metrics.k8s.io", kind: "*", name: "*" },
];

/** Whether a kind can hold no orphan at all, so that it need not be listed. */
export const isNeverOrphaned = ({ group, kind }: Pick<ObjectKey, "group" | "kind">): boolean =>
  USUAL.some((rule) => rule.name === "*" && rule.group === group && (rule.kind === "*" || rule.kind === kind));

/** The application that a live object is marked with, one way or the other; undefined when it is marked with none. */
export function markOf(object: RawObject): string | undefined {
  const label: unknown = object.metadata.labels?.[APPLICATION_LABEL];
  return ownerOf(object) ?? (typeof label === "string" ? label : undefined);
}

/**
 * Whether an object is nobody's: no application's but one that was `deleted`, no other object's, and none that is always there or that
 * the project ignores.
 */
export function isOrphan(
  object: RawObject,
  key: ObjectKey,
  { ignore, deleted }: { ignore: readonly OrphanRule[]; deleted?: ReadonlySet<string> },
): boolean {
  const { ownerReferences, annotations } = object.metadata;
  if (Array.isArray(ownerReferences) && ownerReferences.length > 0) return false;
  const mark = markOf(object);
  if (mark !== undefined && !deleted?.has(mark)) return false;
  // Tokens of service accounts are made by the control plane.
  if (key.kind === "Secret" && annotations?.["kubernetes.io/service-account.name"] !== undefined) return false;
  return ![...USUAL, ...ignore].some((rule) => matches(rule, key));
}

const matches = ({ group, kind, name }: OrphanRule, key: ObjectKey): boolean =>
  globMatches(group, key.group) && globMatches(kind, key.kind) && globMatches(name, key.name);
