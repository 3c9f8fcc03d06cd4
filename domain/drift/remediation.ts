import type { ApplicationEvent } from "../../schemas/events/index.ts";
import { FIELD_MANAGER } from "../../schemas/ids.ts";
import type { ApplicationState, Drifted } from "../application/state.ts";
import { compareText } from "../sync/identity.ts";
import {
  backOffMs,
  FLAPPING_COUNT,
  FLAPPING_WINDOW_MS,
  isFight,
  type PutBack,
  putBackAgain,
  waitMs,
} from "./back-off.ts";
import { driftPolicyOf } from "./policy.ts";

/** What an application remembers of its remediations. */
export interface Remediations {
  /** Ids of the last ones asked for, oldest first. */
  operations: string[];
  /** By object, those put back last at the end; at most `REMEMBERED_OBJECTS`. */
  objects: PutBack[];
}

const REMEMBERED_REQUESTS = 20;
const REMEMBERED_OBJECTS = 100;

export const noRemediations: Remediations = { operations: [], objects: [] };

/** Drift was seen, and may be put back now. */
export interface RequestRemediation {
  type: "RequestRemediation";
  operation: string;
  drifted: Drifted[];
  /** RFC 3339, now. */
  at: string;
}

/** What is to be done about drift: nothing, something later, or an operation. */
export type Remedy =
  | { act: "none"; why: "NotCurrent" | "Policy" | "Running" | "Held" | "BreakGlass" | "NoDrift" }
  | { act: "wait"; ms: number }
  /** `target`: the operation whose artifact is applied again, where the newest commit is not what shall be there. */
  | { act: "request"; target?: string };

/**
 * Whether drift is put back now. Never while something else is under way that will write the objects anyway, nor in a
 * break-glass; a closed sync window holds the operation itself.
 */
export function remedyFor(
  state: ApplicationState,
  seen: { operation: string; drifted: readonly Drifted[]; now: number },
): Remedy {
  const { configuration, remediations = noRemediations } = state;
  if (!configuration || driftPolicyOf(configuration.spec.syncPolicy) !== "remediate") return no("Policy");
  if (seen.drifted.length === 0) return no("NoDrift");
  if (state.breakGlass) return no("BreakGlass");
  if (state.running || state.requested) return no("Running");
  // What waits writes everything once it may, and a request now would take its place.
  if (state.held) return no("Held");
  const asked = remediations.operations.includes(seen.operation);
  const ms = asked ? 0 : waitMs(remediations.objects, seen.drifted, seen.now);
  if (ms > 0) return { act: "wait", ms };
  const target = deployedInstead(state);
  return { act: "request", ...(target !== undefined && { target }) };
}

const no = (why: Extract<Remedy, { act: "none" }>["why"]): Remedy => ({ act: "none", why });

/**
 * The operation whose artifact is put back instead of the newest commit's, which is the one that was applied last: where commits are
 * deployed by hand only, or where the newest one could not be applied or was rolled back from, so that healing neither deploys nor
 * gives up.
 */
export function deployedInstead(state: ApplicationState): string | undefined {
  const { configuration, inPlace, deployed, failed, excluded = [] } = state;
  const automated = configuration?.spec.syncPolicy.automated?.enabled === true;
  return automated && failed === undefined && excluded.length === 0 ? undefined : (inPlace ?? deployed)?.operation;
}

/** Whether this remediation is recorded, so that it may be asked for. */
export const isRequested = ({ remediations }: ApplicationState, operation: string): boolean =>
  remediations?.operations.includes(operation) === true;

/** Records that an operation is asked for, once, where drift may be put back now, and a fight when this shows one. */
export function requestRemediation(
  { operation, drifted, at }: RequestRemediation,
  state: ApplicationState,
): ApplicationEvent[] {
  if (isRequested(state, operation)) return [];
  if (remedyFor(state, { operation, drifted, now: Date.parse(at) }).act !== "request") return [];
  const { remediations = noRemediations } = state;
  const objects = drifted.map(({ object, managers }) => ({ object, managers: managers.toSorted(compareText) }));
  const requested: ApplicationEvent = { type: "RemediationRequested", data: { operation, objects, at } };
  const after = remediated(remediations, { operation, objects, at });
  const concerned = new Set(objects.map(({ object }) => object));
  const fights = after.objects.filter((record) => concerned.has(record.object) && isFight(record));
  return fights.length === 0 ? [requested] : [requested, flapping(fights)];
}

function flapping(fights: readonly PutBack[]): ApplicationEvent {
  const others = new Set(fights.flatMap(({ managers }) => managers));
  const next = Math.min(...fights.map((record) => record.last + backOffMs({ ...record, flapping: true })));
  return {
    type: "FlappingDetected",
    data: {
      objects: fights.map(({ object }) => object).sort(compareText),
      managers: [FIELD_MANAGER, ...[...others].sort(compareText)],
      count: FLAPPING_COUNT,
      windowSeconds: FLAPPING_WINDOW_MS / 1_000,
      nextAt: new Date(next).toISOString(),
    },
  };
}

type DataOf<Type extends ApplicationEvent["type"]> = Extract<ApplicationEvent, { type: Type }>["data"];

/** What is remembered after a remediation was asked for. */
export function remediated(before: Remediations, data: DataOf<"RemediationRequested">): Remediations {
  const at = Date.parse(data.at) || 0;
  const known = new Map(before.objects.map((record) => [record.object, record]));
  for (const change of data.objects) {
    const record = putBackAgain(known.get(change.object), change, at);
    known.delete(change.object);
    known.set(change.object, record);
  }
  return {
    operations: [...before.operations, data.operation].slice(-REMEMBERED_REQUESTS),
    objects: [...known.values()].slice(-REMEMBERED_OBJECTS),
  };
}

/** What is remembered after a fight was said. */
export function fought(before: Remediations, { objects }: DataOf<"FlappingDetected">): Remediations {
  const said = new Set(objects);
  return {
    ...before,
    objects: before.objects.map((record) => (said.has(record.object) ? { ...record, flapping: true } : record)),
  };
}
