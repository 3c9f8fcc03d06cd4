import type { ApplicationEvent } from "../../schemas/events/index.ts";
import type { ApplicationState, TerminalEvent } from "../application/state.ts";
import { type BreakGlass, REMEMBERED_CHANGES, REMEMBERED_MANAGERS } from "../break-glass/state.ts";
import type { DriftEvent } from "./events.ts";
import { fought, noRemediations, remediated } from "./remediation.ts";

type DataOf<Type extends DriftEvent["type"]> = Extract<DriftEvent, { type: Type }>["data"];

/** The state after an event about drift or a break-glass. */
export function evolveDrift(state: ApplicationState, event: DriftEvent): ApplicationState {
  switch (event.type) {
    case "DriftDetected":
      return { ...state, drift: event.data.objects };
    case "DriftResolved":
      return { ...state, drift: [] };
    case "RemediationRequested":
      return { ...state, remediations: remediated(state.remediations ?? noRemediations, event.data) };
    case "FlappingDetected":
      return { ...state, remediations: fought(state.remediations ?? noRemediations, event.data) };
    case "BreakGlassStarted":
      return { ...state, breakGlass: { ...event.data, ended: false, changed: [], managers: [] } };
    case "BreakGlassExtended":
      return during(state, event.data.id, (breakGlass) => ({ ...breakGlass, until: event.data.until }));
    case "BreakGlassEnded":
      return during(state, event.data.id, (breakGlass) => endedBy(breakGlass, event.data));
    case "ManualChangeRecorded":
      return during(state, event.data.id, (breakGlass) => changedBy(breakGlass, event.data));
    case "BreakGlassResolved": {
      const { id, how, message = "" } = event.data;
      if (state.breakGlass?.id !== id) return state;
      if (how === "Refused") return during(state, id, (breakGlass) => ({ ...breakGlass, refused: message }));
      const { breakGlass: _, ...rest } = state;
      return rest;
    }
  }
}

function during(state: ApplicationState, id: string, change: (breakGlass: BreakGlass) => BreakGlass): ApplicationState {
  return state.breakGlass?.id === id ? { ...state, breakGlass: change(state.breakGlass) } : state;
}

function endedBy(before: BreakGlass, { then, branch }: DataOf<"BreakGlassEnded">): BreakGlass {
  const { refused: _, ...rest } = before;
  return {
    ...rest,
    ended: true,
    ...(then !== undefined && { then }),
    ...(branch !== undefined && { branch }),
  };
}

function changedBy(before: BreakGlass, { object, authors }: DataOf<"ManualChangeRecorded">): BreakGlass {
  const changed = [...before.changed.filter((each) => each !== object), object];
  const managers = new Set([...before.managers, ...authors.map(({ manager }) => manager)]);
  return {
    ...before,
    changed: changed.slice(-REMEMBERED_CHANGES),
    managers: [...managers].slice(0, REMEMBERED_MANAGERS),
  };
}

/** What drift is put back to after an end: what the operation applied as a whole, whatever became of it, else what was before. */
export function inPlaceAfter(
  { inPlace, cluster }: ApplicationState,
  { type, data }: TerminalEvent,
): ApplicationState["inPlace"] {
  const whole = type === "SyncSucceeded" || ("applied" in data && data.applied === true);
  if (!whole || data.others || (data.kind !== "sync" && data.kind !== "rollback")) return inPlace;
  const { operation, revision, sourceDigest, artifact } = data;
  if (!revision || !sourceDigest || !artifact) return inPlace;
  return { operation, revision, sourceDigest, artifact, ...(cluster !== undefined && { cluster }) };
}

/** The revision that could not be applied, while nothing newer was since; what was applied before is put back instead. */
export function failedAfter(state: ApplicationState, event: ApplicationEvent): string | undefined {
  const { deployed, inPlace = deployed, failed } = state;
  if (event.type === "SyncFailed" || event.type === "SyncTimedOut") {
    const { kind, revision, applied, others } = event.data;
    if (kind !== "sync" || revision === undefined || revision === inPlace?.revision) return failed;
    return applied && !others ? undefined : revision;
  }
  if (event.type !== "SyncSucceeded") return failed;
  const { kind, revision, others } = event.data;
  // Putting back what was deployed says nothing of the revision that failed.
  const putBack = kind !== "sync" || others !== undefined || revision === inPlace?.revision;
  return putBack ? failed : undefined;
}
