import { createHash, randomUUID } from "node:crypto";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import { createDecideGate } from "../../activities/promotion/approve.ts";
import { createDifference } from "../../activities/promotion/difference.ts";
import { createEvaluate } from "../../activities/promotion/evaluate.ts";
import { createFollowPullRequest } from "../../activities/promotion/follow-pull-request.ts";
import { createGiveUp } from "../../activities/promotion/give-up.ts";
import { createLookAtStage } from "../../activities/promotion/look.ts";
import { createMove } from "../../activities/promotion/move.ts";
import { createMeasureRun } from "../../activities/promotion/measure-run.ts";
import { createObserve } from "../../activities/promotion/observe.ts";
import { createPinApplication } from "../../activities/promotion/pin.ts";
import type { RecordDeps } from "../../activities/promotion/pipelines.ts";
import { createPullRequestSteps } from "../../activities/promotion/pull-request-steps.ts";
import type { PullRequests } from "../../activities/promotion/pull-request.ts";
import { createRender } from "../../activities/promotion/render.ts";
import { createStartWave } from "../../activities/promotion/start-wave.ts";
import type { PromotionSteps } from "../../activities/promotion/steps.ts";
import { createTargetsOf } from "../../activities/promotion/targets-of.ts";
import { createPlanTargets, createTargets } from "../../activities/promotion/targets.ts";
import type { Operations } from "../../adapters/temporal/operations.ts";
import { pipelineDecider } from "../../domain/promotion/decider.ts";
import { selectedBy } from "../../domain/promotion/targets.ts";
import { createPromotionMetrics } from "../worker/promotion-metrics.ts";
import { applicationsOf, placesOf } from "../worker/records.ts";
import { movingOf } from "./promotion-moving.ts";
import type { Measurement } from "./measurement.ts";
import { readingsOf } from "./promotion-readings.ts";
import type { Sources } from "./sources.ts";
import type { StepParts } from "./steps.ts";

/** What the steps of promotions are wired from. */
export interface PromotionParts {
  parts: StepParts;
  sources: Sources;
  operations: Pick<Operations, "request">;
  pullRequests: PullRequests;
  measurement: Pick<Measurement, "measure" | "expressions">;
  log: Logger;
  metrics: Registry;
  /** The time; tests move it. */
  now?: () => Date;
}

/** Everything that the workflow of a stage does, on this process's ledger, repositories and clusters. */
export function promotionSteps(of: PromotionParts): PromotionSteps {
  const { core, clusters } = of.parts;
  const { aggregates, ledger, blobs } = core;
  const now = (): string => (of.now?.() ?? new Date()).toISOString();
  const readings = readingsOf(core);
  const applications = applicationsOf(aggregates);
  const { recorded } = createPromotionMetrics(of.metrics);
  const recording: RecordDeps = {
    pipelines: {
      load: readings.pipeline,
      execute: async (name, command, meta) => (await aggregates.execute(pipelineDecider, name, command, meta)).events,
    },
    now,
    unique: randomUUID,
    recorded,
  };
  const { findRelease } = readings;

  const targetsDeps = {
    applications: readings.selectable,
    load: applications.load,
    mirrors: of.sources.mirrors,
    sourceDigest: of.sources.digest,
    now: Date.now,
  };
  const { commitRelease, preview, render, shown, commitsBetween } = movingOf(core, of.sources);
  const targetsOf = createTargetsOf({ findTargets: createTargets(targetsDeps), findRelease });
  const renderDifference = createDifference({
    targets: createPlanTargets(targetsDeps),
    ...{ preview, render, shown, commitsBetween },
    load: applications.load,
    place: placesOf({ aggregates, clusters: clusters.addresses }),
    blobs,
    running: async (pipeline, stage) => {
      const { configuration, stages } = await readings.pipeline(pipeline);
      const release = stages[stage]?.current?.release;
      return configuration && release !== undefined
        ? await findRelease(configuration.spec.releaseSource, release)
        : undefined;
    },
    digest: (text) => createHash("sha256").update(text).digest("hex"),
  });

  const pullRequests = createPullRequestSteps({
    ...recording,
    findRelease,
    pullRequests: of.pullRequests,
    complain: (promotion, said) => of.log.warn({ promotion, said }, "a part of a pull request was left undone"),
  });
  const { policies, line, releases } = readings;
  const evaluate = createEvaluate({
    ...recording,
    ...{ line, policies, findRelease },
    expressions: of.measurement.expressions,
  });
  const observe = createObserve({
    ...recording,
    application: readings.application,
    targetsOf,
    pinApplication: createPinApplication({ applications, now }),
    request: of.operations.request,
  });
  return {
    lookAtStage: createLookAtStage({
      ...recording,
      ...{ releases, line, policies, evaluate, observe },
      health: readings.health,
    }),
    renderDifference: createRender({ ...recording, findRelease, renderDifference }),
    movePromotion: createMove({
      ...recording,
      ...{ findRelease, commitRelease },
      openPullRequest: pullRequests.openPullRequest,
    }),
    followPullRequest: createFollowPullRequest({ ...recording, followPullRequest: pullRequests.followPullRequest }),
    closePullRequest: pullRequests.closePullRequest,
    startWave: createStartWave({
      ...recording,
      targetsOf,
      headOf: async (name) => (await ledger.head({ type: "application", name })).sequence,
    }),
    measure: createMeasureRun({
      ...recording,
      ...{ policies, findRelease },
      measure: of.measurement.measure,
      applicationsOf: async ({ spec, stage }) =>
        selectedBy(spec, stage, await readings.selectable()).map(({ name }) => name),
    }),
    giveUpPromotion: createGiveUp(recording),
    decideGate: createDecideGate({
      pipelines: {
        load: readings.pipeline,
        execute: async (decider, name, decision, meta) => {
          const { head, events, state } = await aggregates.execute(decider, name, decision, meta);
          if (events.length > 0) recorded(events, state);
          return { sequence: head.sequence, events: events.length };
        },
      },
      account: readings.account,
      policy: readings.policy,
      releases,
      release: findRelease,
      now,
    }),
  };
}
