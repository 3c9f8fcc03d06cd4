import type { InventoryEntry, PlanStep, RawObject } from "../schemas/artifact.ts";
import type { Digests } from "../domain/sync/canonical.ts";
import type { OwnCheck } from "./judge.ts";
import type { ServedKind } from "./live.ts";

/** What applying one object needs of a cluster. */
export interface ObjectCluster {
  resolve(apiVersion: string, kind: string): Promise<ServedKind | undefined>;
  refreshDiscovery(): Promise<void>;
  get(kind: ServedKind, namespace: string, name: string, signal?: AbortSignal): Promise<RawObject | undefined>;
  /** Server-side apply, as our field manager or another; a conflict is thrown with its `conflicts`. */
  apply(
    kind: ServedKind,
    object: RawObject,
    options: { force: boolean; manager?: string },
  ): Promise<{ object: RawObject; created: boolean }>;
  /** PUT of the whole object, which names its uid and resourceVersion. */
  replace(kind: ServedKind, object: RawObject, options: { fieldValidation?: "Strict" | "Ignore" }): Promise<RawObject>;
  /** Creates; Conflict when there is one already. */
  post(kind: ServedKind, object: RawObject, options: { fieldValidation?: "Strict" | "Ignore" }): Promise<RawObject>;
  patch(
    kind: ServedKind,
    namespace: string,
    name: string,
    options: { type: "json" | "merge" | "strategic"; patch: unknown; fieldValidation?: "Strict" | "Ignore" },
  ): Promise<RawObject>;
  /** Deletes the object of this uid only. */
  delete(
    kind: ServedKind,
    namespace: string,
    name: string,
    options: { uid: string; propagation?: "Foreground" | "Background" | "Orphan" },
  ): Promise<"deleted" | "gone" | "replaced">;
}

export interface ObjectWork {
  cluster: ObjectCluster;
  application: string;
  step: PlanStep;
  /** The desired object with its secrets open: it never leaves this call but to the API server. */
  object: RawObject;
  force: boolean;
  /** The fields that were ours by the last apply, when the inventory knows them. */
  fieldSet: unknown;
  digests: Digests;
  /** The entry without the fields that are to be ignored of the live object. */
  withoutIgnored?: ((entry: InventoryEntry, live: RawObject) => Promise<InventoryEntry>) | undefined;
  /** The desired object with the live values of the fields that are to be ignored (RespectIgnoreDifferences). */
  respecting?: ((desired: RawObject, live: RawObject) => Promise<RawObject>) | undefined;
  /** Health checks out of configuration. */
  own?: OwnCheck | undefined;
  signal: AbortSignal;
}
