import type { ApplicationEvent } from "../../schemas/events/index.ts";
import type { ApplicationState } from "../application/state.ts";
import { type BreakGlass, REMEMBERED_CHANGES } from "../break-glass/state.ts";
import type { DriftEvent } from "./events.ts";
import { fought, noRemediations, remediated } from "./remediation.ts";

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
      return { ...state, breakGlass: { ...event.data, ended: false, changed: [] } };
    case "BreakGlassExtended":
      return during(state, event.data.id, (breakGlass) => ({ ...breakGlass, until: event.data.until }));
    case "BreakGlassEnded":
      return during(state, event.data.id, (breakGlass) => ({ ...breakGlass, ended: true }));
    case "ManualChangeRecorded":
      return during(state, event.data.id, (breakGlass) => ({
        ...breakGlass,
        changed: [...breakGlass.changed.filter((object) => object !== event.data.object), event.data.object].slice(
          -REMEMBERED_CHANGES,
        ),
      }));
    case "BreakGlassResolved": {
      if (state.breakGlass?.id !== event.data.id) return state;
      const { breakGlass: _, ...rest } = state;
      return rest;
    }
  }
}

function during(state: ApplicationState, id: string, change: (breakGlass: BreakGlass) => BreakGlass): ApplicationState {
  return state.breakGlass?.id === id ? { ...state, breakGlass: change(state.breakGlass) } : state;
}

/** The revision whose sync failed, while nothing newer was deployed since; what was deployed before is put back instead. */
export function failedAfter(state: ApplicationState, event: ApplicationEvent): string | undefined {
  const { deployed, failed } = state;
  if (event.type === "SyncFailed" || event.type === "SyncTimedOut") {
    const { kind, revision } = event.data;
    return kind === "sync" && revision !== undefined && revision !== deployed?.revision ? revision : failed;
  }
  if (event.type !== "SyncSucceeded") return failed;
  const { kind, revision, others } = event.data;
  // Putting back what was deployed says nothing of the revision that failed.
  const putBack = kind !== "sync" || others !== undefined || revision === deployed?.revision;
  return putBack ? failed : undefined;
}
