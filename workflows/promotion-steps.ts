import { proxyActivities, proxyLocalActivities, sleep } from "@temporalio/workflow";
import type { Decided, Due, PromotionSteps, StageKey } from "../activities/promotion/steps.ts";
import type { Look } from "../domain/promotion/next.ts";
import { NON_RETRYABLE } from "./steps.ts";

/** What a stage does by a step of its own. */
export type Step = Exclude<Due, { do: "idle" | "wait" }>;

/** As with syncs: a few quick tries without a hand-over, and what needs patience is handed to the server. */
const quick = proxyLocalActivities<Pick<PromotionSteps, "lookAtStage">>({
  startToCloseTimeout: "30s",
  localRetryThreshold: "5s",
  retry: { maximumAttempts: 2, initialInterval: "250ms", nonRetryableErrorTypes: NON_RETRYABLE },
});

/** What has to be recorded is, however long the ledger is away; a dead worker is noticed by its missing heartbeat. */
const unyielding = proxyActivities<Pick<PromotionSteps, "lookAtStage" | "decideGate" | "giveUpPromotion">>({
  startToCloseTimeout: "1m",
  heartbeatTimeout: "15s",
  retry: { initialInterval: "1s", backoffCoefficient: 2, maximumInterval: "30s" },
});

/** Steps that touch the world. A few tries; after them what is due is asked anew, so that an abort is not kept waiting. */
const world = proxyActivities<
  Pick<
    PromotionSteps,
    "renderDifference" | "movePromotion" | "followPullRequest" | "closePullRequest" | "startWave" | "measure"
  >
>({
  startToCloseTimeout: "10m",
  heartbeatTimeout: "15s",
  retry: {
    initialInterval: "500ms",
    backoffCoefficient: 2,
    maximumAttempts: 3,
    nonRetryableErrorTypes: NON_RETRYABLE,
  },
});

/** What is due in the stage. It is asked until there is an answer. */
export const look = (input: StageKey & { looked: Look[] }): Promise<{ due: Due; looked: Look[] }> =>
  patiently(
    () => quick.lookAtStage(input),
    () => unyielding.lookAtStage(input),
  );

/**
 * Records a decision. It is not given up: whoever made it was told that it counts, or waits to be told. Never locally: a local activity
 * that ends in the handler of an update has its end replayed in another order than it had beside the looks of the stage.
 */
export const decideStep = (input: Parameters<PromotionSteps["decideGate"]>[0]): Promise<Decided> =>
  patiently(
    () => unyielding.decideGate(input),
    () => unyielding.decideGate(input),
  );

export const giveUpStep = (input: Parameters<PromotionSteps["giveUpPromotion"]>[0]): Promise<void> =>
  patiently(
    () => unyielding.giveUpPromotion(input),
    () => unyielding.giveUpPromotion(input),
  );

/** Carries out the step that is due; returns the looks that need no repetition before something changes. */
export async function carryOutStep(key: StageKey, due: Step, looked: Look[]): Promise<Look[]> {
  const { promotion } = due;
  const of = { ...key, promotion };
  switch (due.do) {
    case "render":
      await world.renderDifference(of);
      return [...looked, { do: "render", promotion }];
    case "followPullRequest":
      return [...looked, { do: "followPullRequest", promotion, ...(await world.followPullRequest(of)) }];
    case "measure": {
      const { run } = due;
      const { verdict, ...look } = await world.measure({ ...of, run });
      const others = looked.filter((one) => one.run !== run && !(verdict && one.do === "evaluate"));
      return [...others, { do: "measure", promotion, run, ...look }];
    }
    case "move":
      await world.movePromotion(of);
      return looked;
    case "closePullRequest":
      await world.closePullRequest({ ...of, reason: due.reason });
      return looked;
    case "startWave":
      await world.startWave({ ...of, wave: due.wave });
      return looked;
  }
}

/** A failure for good would be one of Sluice itself: an execution that ended with it would take everything that waits along. */
async function patiently<T>(first: () => Promise<T>, then: () => Promise<T>): Promise<T> {
  try {
    return await first();
  } catch {
    // The server keeps trying, without a line in the history for each.
  }
  for (let pause = 30_000; ; pause = Math.min(pause * 2, 3_600_000)) {
    try {
      return await then();
    } catch {
      await sleep(pause);
    }
  }
}
