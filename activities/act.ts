import { ACTION_MANAGER, changeOf } from "../domain/action/actions.ts";
import type { ActionChange } from "../domain/action/definition.ts";
import type { RecordAction } from "../domain/action/record.ts";
import type { ApplicationState } from "../domain/application/state.ts";
import type { ActionRequest } from "../schemas/action.ts";
import type { Inventory, InventoryEntry, RawObject } from "../schemas/artifact.ts";
import { SluiceError, toSluiceError } from "../schemas/errors.ts";
import type { ApplicationEvent } from "../schemas/events/index.ts";
import { objectKey } from "../schemas/ids.ts";
import type { Applications } from "./applications.ts";
import type { ServedKind } from "./live.ts";
import type { StepHandlers } from "./steps.ts";

/** What an action needs of a cluster. */
export interface ActCluster {
  resolve(apiVersion: string, kind: string): Promise<ServedKind | undefined>;
  get(kind: ServedKind, namespace: string, name: string, signal?: AbortSignal): Promise<RawObject | undefined>;
  /** Merge patch under a field manager; of the status, where that is apart, `missing` when it is not. */
  patchAs(
    kind: ServedKind,
    at: { namespace: string; name: string },
    options: { manager: string; patch: unknown; subresource?: "status"; signal?: AbortSignal },
  ): Promise<"patched" | "missing">;
  /** `exists` when there is one of its name. */
  create(
    kind: ServedKind,
    object: RawObject,
    options: { manager: string; signal?: AbortSignal },
  ): Promise<"created" | "exists">;
}

export interface ActDeps {
  applications: Applications;
  blobs: { getJson<T>(digest: string): Promise<T> };
  cluster(name: string): Promise<ActCluster>;
  now(): string;
  recorded(events: readonly ApplicationEvent[]): void;
}

/**
 * Carries out an action on an object that the application owns, and records it. Run twice it does it once: what it writes is made of
 * the request. Throws what may pass; everything else is recorded as its failure.
 */
export function createAct(deps: ActDeps): StepHandlers["act"] {
  return async ({ application, request, failure }, { signal }) => {
    const state = await deps.applications.load(application);
    if (!state.configuration || state.acted?.includes(request.id)) return;
    if (failure) return await record(deps, application, request, { failure });
    try {
      const created = await carryOut(deps, state, request, signal);
      await record(deps, application, request, created === undefined ? {} : { created });
    } catch (thrown) {
      const error = toSluiceError(thrown);
      if (error.retryable) throw error;
      const message = error.next === undefined ? error.message : `${error.message}; ${error.next}`;
      await record(deps, application, request, { failure: { code: error.code, message } });
    }
  };
}

async function carryOut(
  deps: ActDeps,
  state: ApplicationState,
  request: ActionRequest,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { key, apiVersion } = await ownedBy(deps, state, request);
  const cluster = await deps.cluster(state.cluster ?? "");
  const kind = await cluster.resolve(apiVersion, key.kind);
  const live = kind && (await cluster.get(kind, key.namespace, key.name, signal));
  if (!kind || !live) throw new SluiceError("NotFound", `${objectKey(key)} is not in the cluster`);
  const change = changeOf(key, live, request);
  if (change?.do === "patch") await patch({ cluster, kind, live, signal }, change);
  return change?.do === "create" ? await create(cluster, change.object, signal) : undefined;
}

async function ownedBy(
  { blobs }: ActDeps,
  { inventory }: ApplicationState,
  { object }: ActionRequest,
): Promise<InventoryEntry> {
  const owned = inventory === undefined ? [] : (await blobs.getJson<Inventory>(inventory)).entries;
  const found = owned.find(({ key }) => objectKey(key) === objectKey(object));
  if (found) return found;
  throw new SluiceError("NotFound", `${objectKey(object)} is none of the application's objects`, {
    next: "`sluice app resources` lists them",
  });
}

interface At {
  cluster: ActCluster;
  kind: ServedKind;
  live: RawObject;
  signal: AbortSignal;
}

/** The uid in the patch makes the API server refuse another object of the same name. */
async function patch(
  { cluster, kind, live, signal }: At,
  change: Extract<ActionChange, { do: "patch" }>,
): Promise<void> {
  const { name, namespace = "", uid } = live.metadata;
  const at = { namespace, name };
  const { status } = change;
  const whole = { ...change.patch, metadata: { uid }, ...(status && { status }) };
  await cluster.patchAs(kind, at, { manager: ACTION_MANAGER, patch: whole, signal });
  // Where the status is no resource of its own, it was written with the rest.
  if (status) {
    const apart = { metadata: { uid }, status };
    await cluster.patchAs(kind, at, { manager: ACTION_MANAGER, patch: apart, subresource: "status", signal });
  }
}

async function create(cluster: ActCluster, object: RawObject, signal: AbortSignal): Promise<string> {
  const kind = await cluster.resolve(object.apiVersion, object.kind);
  if (!kind) throw new SluiceError("NotFound", `the cluster has no ${object.kind} in ${object.apiVersion}`);
  await cluster.create(kind, object, { manager: ACTION_MANAGER, signal });
  const { name, namespace = "" } = object.metadata;
  return objectKey({ group: kind.group, kind: kind.kind, namespace, name });
}

async function record(
  { applications, now, recorded }: ActDeps,
  application: string,
  request: ActionRequest,
  outcome: Pick<RecordAction, "failure" | "created">,
): Promise<void> {
  const { id, action, object, parameters, actor } = request;
  const command: RecordAction = {
    ...{ type: "RecordAction", id, action, object: objectKey(object), parameters, by: actor },
    ...outcome,
  };
  recorded(
    await applications.execute(application, command, { at: now(), actor, cause: id, messageId: `action/${id}` }),
  );
}
