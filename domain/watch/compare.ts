import type { IgnoredEntry } from "../../schemas/artifact.ts";
import type { HealthStatus } from "../../schemas/operation.ts";

/** What is kept of a live object that an application owns. */
export interface Observed {
  application: string;
  health: HealthStatus;
  message?: string;
  /** Its own health check has not answered yet, and nothing was known of it before. */
  judging?: true;
  /** Wave of the sync that it says it belongs to; 0 when absent. */
  wave?: number;
  /** A hook made it: the application does not own it, but an operation may wait for it. */
  hook?: true;
  /** Canonical text of the field set that `fields` was made with; undefined when there was none to go by. */
  fieldSet: string | undefined;
  /** Digest of the values of those fields. */
  fields: string | undefined;
}

/** What the inventory says of one object. */
export interface Expected {
  /** `group/Kind/namespace/name`. */
  object: string;
  /** Null while an apply's answer was never recorded. */
  uid: string | null;
  fields: string | null;
  /** Canonical text of the recorded field set. */
  fieldSet: string | undefined;
  /** What of our fields does not count though it is in that set. */
  ignored?: Pick<IgnoredEntry, "within" | "managers">;
  /** It left Git and was not pruned. */
  undesired?: true;
}

/** What the watch knows of one object at this moment. `unknown` is neither there nor gone: nobody could look. */
export type Sight =
  | { kind: "seen"; uid: string; resourceVersion: string; observed: Observed }
  | { kind: "absent" }
  | { kind: "unknown" };

/** What may have happened to an object. A doubt is settled by reading the object, never reported as it is. */
export type Doubt = "modified" | "deleted" | "replaced";

/** The doubt about an object, or undefined when it is as it was applied or nothing can be said. */
export function doubt(expected: Expected, sight: Sight): Doubt | undefined {
  if (sight.kind === "unknown" || expected.uid === null || expected.undesired) return undefined;
  if (sight.kind === "absent") return "deleted";
  if (sight.uid !== expected.uid) return "replaced";
  if (expected.fields === null) return undefined;
  const { observed } = sight;
  return observed.fieldSet === expected.fieldSet && observed.fields === expected.fields ? undefined : "modified";
}

/** Whether an object that left Git is gone from the cluster as well: nothing is left to be said of it. */
export const isGone = ({ undesired }: Pick<Expected, "undesired">, sight: Sight): boolean =>
  undesired === true && sight.kind === "absent";

/** Tells one sight of an object from another, so that a settled doubt is not settled twice. */
export function sightKey(sight: Sight): string {
  return sight.kind === "seen" ? `${sight.uid}@${sight.resourceVersion}` : sight.kind;
}

/** Health that a sight stands for. */
export function healthOf(sight: Sight): { status: HealthStatus; message?: string } {
  if (sight.kind === "absent") return { status: "Missing", message: "it is not in the cluster" };
  if (sight.kind === "unknown") return { status: "Unknown", message: "the cluster could not be followed" };
  const { health, message } = sight.observed;
  return message === undefined ? { status: health } : { status: health, message };
}
