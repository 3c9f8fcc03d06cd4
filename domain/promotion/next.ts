import { automaticRequest } from "./automatic.ts";
import { healthLoss } from "./health-loss.ts";
import { moving, syncing, verifying } from "./next-moving.ts";
import { waiting } from "./next-waiting.ts";
import { configuredStage } from "./obstacle.ts";
import { queued, runningIn } from "./queue.ts";
import type { Next, NextInput, Taken } from "./step.ts";
import type { PromotionState } from "./state.ts";

export type { ApplicationHealth, Look, Next, NextInput, ReleaseOfSource } from "./step.ts";

/**
 * The one next step of a stage, from what the ledger holds and the clock says. It is level-based: asked again after the step was taken, or
 * after it was lost, it says what is due then. Steps that only look (`Look`) are due once each time the stage is woken.
 */
export function next(input: NextInput): Next {
  const { state, stage, now } = input;
  const left = openPullRequest(input);
  if (left) return left;
  const configured = configuredStage(state, stage);
  if (!configured) return { do: "idle" };
  const lost = healthLoss(input);
  if (lost) return lost;
  const request = automaticRequest(input);
  if (request) return { do: "request", command: request };
  const running = runningIn(state, stage);
  if (running) return step({ ...input, promotion: running, configured });
  return queued(state, stage).length > 0
    ? { do: "start", command: { type: "StartNext", stage, at: now } }
    : { do: "idle" };
}

function step(taken: Taken): Next {
  switch (taken.promotion.phase) {
    case "Waiting":
      return waiting(taken);
    case "Moving":
      return moving(taken);
    case "Syncing":
      return syncing(taken);
    case "Verifying":
      return verifying(taken);
    case "Queued":
    case "Ended":
      return { do: "idle" };
  }
}

/** What promotions leave open that ended before they were merged: it would bring a release in that nobody waits for. */
function openPullRequest({ state, stage }: NextInput): Next | undefined {
  const left = Object.values(state.promotions)
    .filter((each) => each.stage === stage && isLeftOpen(each))
    .toSorted((a, b) => (a.promotion < b.promotion ? -1 : 1))[0];
  if (!left) return undefined;
  const reason = left.result === "Superseded" ? "Superseded" : "Aborted";
  return { do: "closePullRequest", promotion: left.promotion, reason };
}

const isLeftOpen = ({ phase, pullRequest }: PromotionState): boolean =>
  phase === "Ended" && pullRequest?.state === "Open";
