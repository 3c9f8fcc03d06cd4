import type { ApplicationView } from "../../schemas/views.ts";
import type { Cause, Look, Standing, Why } from "./cause.ts";
import { failureCauses } from "./failed.ts";
import { chosenCauses, driftCauses, emptyCauses, healthCauses, outOfSyncCauses, pinnedCauses } from "./standing.ts";
import { heldCause, type OperationProgress, runningCauses } from "./waiting.ts";

/** What the answer is computed from: the ledger's view, the workflow's word, and a look at the cluster. */
export interface WhyInput {
  view: ApplicationView;
  progress: OperationProgress | undefined;
  looks: readonly Look[];
  /** RFC 3339. */
  now: string;
}

/** More causes than anybody reads; the rest is in `app get` and `app diff`. */
const MOST_CAUSES = 20;

/** Why an application is not as it should be: what it waits for first, then what failed, differs, or is not well. */
export function why({ view, progress, looks, now }: WhyInput): Why {
  const { name } = view;
  const held = heldCause(view);
  const stages: [Standing, () => Cause[]][] = [
    ["Waiting", () => (held ? [held] : [])],
    ["Working", () => (held ? [] : runningCauses(view, progress, looks))],
    ["Failed", () => failureCauses(name, view.last, looks)],
    ["Kept", () => chosenCauses(view)],
    ["OutOfSync", () => driftCauses(view, now)],
    ["Unhealthy", () => healthCauses(view, looks)],
  ];
  const found = stages.map(([standing, causes]) => ({ standing, causes: causes() }));
  const first = found.find(({ causes }) => causes.length > 0)?.standing;
  const about = distinct(found.flatMap(({ causes }) => causes)).slice(0, MOST_CAUSES);
  const at = view.last?.endedAt;
  const { revision } = view.sync;
  const asOf = revision === undefined || at === undefined ? {} : { asOf: { revision, at } };
  if (first === undefined) return { application: name, ...general(view), ...asOf };
  return {
    application: name,
    standing: first === "Failed" && isAsDesired(view) ? "AsDesired" : first,
    ...asOf,
    causes: about,
  };
}

/** That the cluster differs from Git is worth saying only where nothing says why. */
function general(view: ApplicationView): Pick<Why, "standing" | "causes"> {
  const causes = outOfSyncCauses(view);
  return causes.length > 0
    ? { standing: "OutOfSync", causes }
    : { standing: "AsDesired", causes: [...emptyCauses(view), ...pinnedCauses(view)] };
}

/** Whether what failed last, such as a revision that does not exist, left the application as it should be. */
const isAsDesired = ({ sync, health, drift }: ApplicationView): boolean =>
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
