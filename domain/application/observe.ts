import type { ApplicationEvent } from "../../schemas/events/index.ts";
import type { ClusterChanged } from "../../schemas/messages.ts";
import { manualChanges } from "../break-glass/decide.ts";
import { driftPolicyOf } from "../drift/policy.ts";
import { rollbackOnHealthLost } from "../rollback/automatic.ts";
import { notedHealth, sameUnhealthy } from "../watch/unhealthy.ts";
import { same } from "./same.ts";
import type { ApplicationState, Drifted } from "./state.ts";

/**
 * What the watch's report says that was not known. Nothing while an operation runs (it reads for itself), and nothing
 * when the report was made against an inventory that is not the application's newest.
 */
export function observe(message: ClusterChanged, state: ApplicationState): ApplicationEvent[] {
  if (!state.configuration || state.running) return [];
  if (message.inventory !== state.inventory || message.cluster !== state.cluster) return [];
  const ignored = driftPolicyOf(state.configuration.spec.syncPolicy) === "ignore" && !state.breakGlass;
  const drifted = ignored ? [] : inOrder(message.drifted).map((entry) => asFirstSeen(entry, message, state));
  return [
    ...driftTurned(message.inventory, drifted, state),
    ...changedByHand(message, drifted, state),
    ...healthTurned(message, state),
  ];
}

/** What has been seen before goes on from then. */
function asFirstSeen(entry: Drifted, { observedAt }: ClusterChanged, { drift }: ApplicationState): Drifted {
  const before = drift.find(({ object, uid, change }) =>
    same([object, uid, change], [entry.object, entry.uid, entry.change]),
  );
  return { ...entry, since: before?.since ?? entry.since ?? observedAt };
}

/** Outside a break-glass a field that is drifted already may take any value without being told of again: a fight would fill the ledger. */
function driftTurned(
  inventory: string,
  objects: Drifted[],
  { drift, breakGlass }: ApplicationState,
): ApplicationEvent[] {
  const said = breakGlass && !breakGlass.ended ? whole : outline;
  if (same(objects.map(said), inOrder(drift).map(said))) return [];
  return objects.length > 0
    ? [{ type: "DriftDetected", data: { inventory, objects } }]
    : [{ type: "DriftResolved", data: { inventory } }];
}

const whole = ({ object, uid, change, fields, more }: Drifted): unknown => ({ object, uid, change, fields, more });
const outline = ({ object, uid, change, managers, fields, more }: Drifted): unknown => ({
  ...{ object, uid, change, managers, more },
  paths: fields?.map(({ path }) => path),
});

const changedByHand = (message: ClusterChanged, drifted: Drifted[], state: ApplicationState): ApplicationEvent[] =>
  manualChanges(state, drifted, message.observedAt);

function healthTurned(message: ClusterChanged, state: ApplicationState): ApplicationEvent[] {
  const objects = notedHealth(message.unhealthy);
  const changed: ApplicationEvent = {
    type: "HealthChanged",
    data: { from: state.health, to: message.health, objects },
  };
  if (message.health !== state.health) return [changed, ...rollbackOnHealthLost(message, state)];
  return sameUnhealthy(objects, state.unhealthy ?? []) ? [] : [changed];
}

const compare = (a: string, b: string): number => Number(a > b) - Number(a < b);

const inOrder = (drifted: readonly Drifted[]): Drifted[] =>
  drifted
    .map((entry) => ({ ...entry, managers: entry.managers.toSorted(compare) }))
    .toSorted((a, b) => compare(a.object, b.object) || compare(a.uid ?? "", b.uid ?? ""));
