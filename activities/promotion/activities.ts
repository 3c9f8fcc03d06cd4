import type { GateInput } from "../../domain/gate/evaluate.ts";
import { type ApproveDeps, createDecideGate } from "./approve.ts";
import { createEvaluate, type EvaluateDeps } from "./evaluate.ts";
import { createFollowPullRequest } from "./follow-pull-request.ts";
import { createGiveUp } from "./give-up.ts";
import { createLookAtStage, type LookDeps } from "./look.ts";
import { createMeasureRun, type MeasureRunDeps } from "./measure-run.ts";
import { createMove } from "./move.ts";
import type { CommitRelease, FindTargets, RenderDifference } from "./moving.ts";
import { createObserve, type ObserveDeps } from "./observe.ts";
import type { RecordDeps } from "./pipelines.ts";
import type { PullRequestSteps } from "./pull-request-steps.ts";
import { createRender } from "./render.ts";
import { createStartWave, type StartWaveDeps } from "./start-wave.ts";
import type { PromotionSteps } from "./steps.ts";
import { createTargetsOf } from "./targets-of.ts";

/** Everything that the steps of promotions need of the world. */
export type PromotionDeps = RecordDeps &
  Pick<LookDeps, "releases" | "health"> &
  Pick<EvaluateDeps, "policies" | "findRelease" | "expressions"> &
  Pick<ObserveDeps, "application" | "pinApplication" | "request"> &
  Pick<StartWaveDeps, "headOf" | "difference"> &
  Pick<MeasureRunDeps, "measure" | "applicationsOf"> &
  Pick<ApproveDeps, "account" | "policy"> & {
    line(): Promise<GateInput["line"]>;
    findTargets: FindTargets;
    renderDifference: RenderDifference;
    commitRelease: CommitRelease;
    pullRequests: PullRequestSteps;
    /** Records a person's word with the decider that weighs it. */
    decide: ApproveDeps["pipelines"]["execute"];
  };

/** The steps of promotions. */
export function createPromotionSteps(deps: PromotionDeps): PromotionSteps {
  const targetsOf = createTargetsOf(deps);
  const { closePullRequest, openPullRequest, followPullRequest } = deps.pullRequests;
  return {
    lookAtStage: createLookAtStage({
      ...deps,
      evaluate: createEvaluate(deps),
      observe: createObserve({ ...deps, targetsOf }),
    }),
    renderDifference: createRender(deps),
    movePromotion: createMove({ ...deps, openPullRequest }),
    followPullRequest: createFollowPullRequest({ ...deps, followPullRequest }),
    closePullRequest,
    startWave: createStartWave({ ...deps, targetsOf }),
    measure: createMeasureRun(deps),
    giveUpPromotion: createGiveUp(deps),
    decideGate: createDecideGate({
      ...deps,
      pipelines: { load: deps.pipelines.load, execute: deps.decide },
      release: deps.findRelease,
    }),
  };
}
