import type { ApplicationEvent } from "../../schemas/events/index.ts";
import type { ClusterChanged } from "../../schemas/messages.ts";
import { same } from "./same.ts";
import type { ApplicationState, Drifted } from "./state.ts";

/**
 * What the watch's report says that was not known. Nothing while an operation runs (it reads for itself), and nothing
 * when the report was made against an inventory that is not the application's newest.
 */
export function observe(message: ClusterChanged, state: ApplicationState): ApplicationEvent[] {
  if (!state.configuration || state.running) return [];
  if (message.inventory !== state.inventory || message.cluster !== state.cluster) return [];
  return [...driftTurned(message, state), ...healthTurned(message, state)];
}

function driftTurned(message: ClusterChanged, state: ApplicationState): ApplicationEvent[] {
  const objects = inOrder(message.drifted);
  if (same(objects, inOrder(state.drift))) return [];
  const { inventory } = message;
  return objects.length > 0
    ? [{ type: "DriftDetected", data: { inventory, objects } }]
    : [{ type: "DriftResolved", data: { inventory } }];
}

function healthTurned(message: ClusterChanged, state: ApplicationState): ApplicationEvent[] {
  if (message.health === state.health) return [];
  const objects = message.unhealthy.map(({ object, health, message: text }) => ({
    object,
    reason: health,
    ...(text !== undefined && { message: text }),
  }));
  return [{ type: "HealthChanged", data: { from: state.health, to: message.health, objects } }];
}

const compare = (a: string, b: string): number => Number(a > b) - Number(a < b);

const inOrder = (drifted: readonly Drifted[]): Drifted[] =>
  drifted
    .map((entry) => ({ ...entry, managers: entry.managers.toSorted(compare) }))
    .toSorted((a, b) => compare(a.object, b.object) || compare(a.uid ?? "", b.uid ?? ""));
