import type { HookStep, RawObject } from "../../schemas/artifact.ts";
import { APPLICATION_LABEL, objectKey, type ObjectKey } from "../../schemas/ids.ts";
import type { OperationKind, OperationRequest } from "../../schemas/operation.ts";
import { HOOK_PHASES, HOOK_RUN_ANNOTATION, type HookPhase } from "../../schemas/phases.ts";
import { sha256 } from "../routing/sha256.ts";
import { canonicalJson } from "./canonical.ts";
import { keyOf } from "./identity.ts";
import { compareKeys } from "./order.ts";
import { hooksOf, isSkipped, placementOf } from "./phases.ts";
import { ownerOf, trackingAnnotation } from "./tracking.ts";

/** A rendering taken apart: what is applied and owned, what is run, and what is left alone. */
export interface Parted {
  owned: RawObject[];
  hooks: RawObject[];
  skipped: RawObject[];
}

/** Takes the objects of a rendering apart, each into exactly one of the three. */
export function partedByHook(objects: readonly RawObject[]): Parted {
  const parted: Parted = { owned: [], hooks: [], skipped: [] };
  for (const object of objects) {
    if (isSkipped(object)) parted.skipped.push(object);
    else if (hooksOf(object) === undefined) parted.owned.push(object);
    else parted.hooks.push(object);
  }
  return parted;
}

/** Whether an operation runs hooks: always, only when it has something to write, or never. */
export type HookMode = "always" | "ifWriting" | "never";

/** What decides on hooks beside the plan. */
export interface HookAsk {
  request: Pick<OperationRequest, "kind" | "trigger" | "options">;
  /** Digest of the source that was synced last, and of the one to be synced. */
  deployed: string | undefined;
  desired: string | undefined;
}

/**
 * A sync runs hooks when somebody asked for it, when its source is another one than was synced last, or when it writes; a selective
 * sync, a comparison and the repair of a manual change run none. A dry run names those that the sync would run.
 */
export function hookMode({ request, deployed, desired }: HookAsk): HookMode {
  const { kind, trigger, options } = request;
  if (kind === "refresh" || isSelective(options)) return "never";
  if (kind === "delete" || kind === "rollback" || trigger.type === "manual") return "always";
  if (trigger.type === "drift" || trigger.type === "breakGlass") return "never";
  return deployed !== undefined && deployed === desired ? "ifWriting" : "always";
}

const isSelective = (options: OperationRequest["options"]): boolean =>
  (options?.resources ?? []).length > 0 || options?.labels !== undefined;

const PHASES: Readonly<Record<OperationKind, readonly HookPhase[]>> = {
  sync: ["PreSync", "Sync", "PostSync", "SyncFail"],
  rollback: ["PreSync", "Sync", "PostSync", "SyncFail"],
  delete: ["PreDelete", "PostDelete"],
  refresh: [],
};

/** Which run of an operation: a retry is another attempt and runs its hooks again. */
export interface Run {
  operation: string;
  attempt: number;
  kind: OperationKind;
}

/** The hooks of an operation in the order they run: phase, wave, kind, name. */
export function hookSteps(hooks: readonly RawObject[], run: Run): HookStep[] {
  const rank = (phase: HookPhase): number => HOOK_PHASES.indexOf(phase);
  return hooks
    .flatMap((object) => stepsOf(object, run))
    .sort((a, b) => rank(a.phase) - rank(b.phase) || a.wave - b.wave || compareKeys(a.key, b.key));
}

function stepsOf(object: RawObject, { operation, attempt, kind }: Run): HookStep[] {
  const { hooks = [], wave, deletePolicies: asked, ignoreHealth } = placementOf(object);
  const key = keyOf(object);
  // Nothing comes after a deletion that would replace what its hooks leave.
  const deletePolicies = kind === "delete" ? [...new Set([...asked, "HookSucceeded" as const])] : asked;
  return hooks
    .filter((phase) => PHASES[kind].includes(phase))
    .map((phase) => {
      const run = `${operation}/${attempt}/${phase}`;
      return {
        key: { ...key, name: nameIn(object, run) },
        apiVersion: object.apiVersion,
        phase,
        wave,
        deletePolicies: [...deletePolicies],
        object: objectKey(key),
        run,
        ...(ignoreHealth ? { ignoreHealth } : {}),
      };
    });
}

/** Names are at most 63 characters where they become labels, as a Job's does. */
const LONGEST_BASE = 54;

/** A generated name is made from the run, so that a run that is tried again names the same object. */
function nameIn(object: RawObject, run: string): string {
  const { generateName, name } = object.metadata;
  if (typeof generateName !== "string") return name;
  return `${generateName.slice(0, LONGEST_BASE)}${sha256(`${name} ${run}`).slice(0, 8)}`;
}

/** A hook that only has a generateName gets a name to be known by in the rendering; any other object stays as it is. */
export function namedHook(object: RawObject): RawObject {
  const { generateName, name } = (object.metadata as RawObject["metadata"] | undefined) ?? { name: "" };
  if (typeof generateName !== "string" || generateName === "" || (name as unknown)) return object;
  if (hooksOf(object) === undefined) return object;
  const digest = sha256(canonicalJson(object)).slice(0, 8);
  return { ...object, metadata: { ...object.metadata, name: `${generateName.slice(0, LONGEST_BASE)}${digest}` } };
}

/** A hook's object as one run creates it. */
export function hookObject(object: RawObject, step: HookStep, application: string): RawObject {
  const { generateName: _, ...metadata } = object.metadata;
  return {
    ...object,
    metadata: {
      ...metadata,
      name: step.key.name,
      labels: { ...metadata.labels, [APPLICATION_LABEL]: application },
      annotations: {
        ...metadata.annotations,
        ...trackingAnnotation(application, step.key),
        [HOOK_RUN_ANNOTATION]: step.run,
      },
    },
  };
}

/** The run that made a live object, or undefined when none did. */
export function hookRunOf(live: RawObject): string | undefined {
  const text: unknown = live.metadata.annotations?.[HOOK_RUN_ANNOTATION];
  return typeof text === "string" ? text : undefined;
}

/** Why an object that has a hook's name must not be touched; undefined when it is this application's, or another tool's hook. */
export function hookRefusal(live: RawObject, application: string): string | undefined {
  const owner = ownerOf(live);
  if (owner === application) return undefined;
  if (owner !== undefined) return `an object of application ${owner} has its name; rename the hook`;
  if (hooksOf(live) !== undefined) return undefined;
  return "an object that no application owns has its name; delete it or rename the hook";
}

/** Key of a hook's outcome: an object may run in several phases. */
export const outcomeKey = (of: { key: ObjectKey; hook?: HookPhase }): string =>
  of.hook === undefined ? objectKey(of.key) : `${objectKey(of.key)} ${of.hook}`;
