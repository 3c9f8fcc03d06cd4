import type { ApplicationView } from "../../schemas/views.ts";
import type { Cause, Look, Standing, Why } from "./cause.ts";
import { failureCauses } from "./failed.ts";
import { chosenCauses, driftCauses, healthCauses, outOfSyncCauses } from "./standing.ts";
import { heldCause, type OperationProgress, runningCauses } from "./waiting.ts";

/** What the answer is computed from: the ledger's view, the workflow's word, and a look at the cluster. */
export interface WhyInput {
  view: ApplicationView;
  progress: OperationProgress | undefined;
  looks: readonly Look[];
}

/** More causes than anybody reads; the rest is in `app get` and `app diff`. */
const MOST_CAUSES = 20;

/** Why an application is not as it should be: what it waits for first, then what failed, differs, or is not well. */
export function why({ view, progress, looks }: WhyInput): Why {
  const { name } = view;
  const held = heldCause(view);
  const stages: [Standing, () => Cause[]][] = [
    ["Waiting", () => (held ? [held] : [])],
    ["Working", () => runningCauses(view, progress, looks)],
    ["Failed", () => (superseded(view) ? [] : failureCauses(name, view.last, looks))],
    ["Suspended", () => chosenCauses(view)],
    ["OutOfSync", () => [...driftCauses(view), ...outOfSyncCauses(view)]],
    ["Unhealthy", () => healthCauses(view, looks)],
  ];
  const found = stages.map(([standing, causes]) => ({ standing, causes: causes() }));
  const first = found.find(({ causes }) => causes.length > 0);
  const causes = distinct(found.flatMap(({ causes: some }) => some)).slice(0, MOST_CAUSES);
  return { application: name, standing: first?.standing ?? "AsDesired", causes };
}

/** Whether what failed last says nothing any more: the application is as desired and well since. */
const superseded = ({ sync, health, drift }: ApplicationView): boolean =>
  sync.status === "Synced" && health.status === "Healthy" && drift.length === 0;

/** One cause for each object: the first is the one nearest to what the application waits for. */
function distinct(causes: readonly Cause[]): Cause[] {
  const seen = new Set<string>();
  return causes.filter(({ object, reason }) => {
    const key = object ?? `reason ${reason}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
