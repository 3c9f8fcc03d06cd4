import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import { createPromotionSteps } from "../../activities/promotion/activities.ts";
import { createPinApplication } from "../../activities/promotion/pin.ts";
import type { RecordDeps } from "../../activities/promotion/pipelines.ts";
import { createPullRequestSteps } from "../../activities/promotion/pull-request-steps.ts";
import type { PullRequests } from "../../activities/promotion/pull-request.ts";
import type { PromotionSteps } from "../../activities/promotion/steps.ts";
import { createTargets } from "../../activities/promotion/targets.ts";
import type { Operations } from "../../adapters/temporal/operations.ts";
import { pipelineDecider } from "../../domain/promotion/decider.ts";
import { selectedBy } from "../../domain/promotion/targets.ts";
import { createPromotionMetrics } from "../worker/promotion-metrics.ts";
import { applicationsOf } from "../worker/records.ts";
import type { Measurement } from "./measurement.ts";
import { differenceOf, targetsDepsOf } from "./promotion-difference.ts";
import { movingOf } from "./promotion-moving.ts";
import { readingsOf } from "./promotion-readings.ts";
import type { Sources } from "./sources.ts";
import type { StepParts } from "./steps.ts";

/** What the steps of promotions are wired from. */
export interface PromotionParts {
  parts: Pick<StepParts, "core" | "clusters">;
  sources: Sources;
  operations: Pick<Operations, "request">;
  pullRequests: PullRequests;
  measurement: Pick<Measurement, "measure" | "expressions">;
  log: Logger;
  metrics: Registry;
}

/** Everything that the workflow of a stage does, on this process's ledger, repositories and clusters. */
export function promotionSteps(of: PromotionParts): PromotionSteps {
  const { core } = of.parts;
  const { aggregates, ledger } = core;
  const now = (): string => new Date().toISOString();
  const readings = readingsOf(core);
  const applications = applicationsOf(aggregates);
  const { recorded } = createPromotionMetrics(of.metrics);
  const recording: RecordDeps = {
    pipelines: {
      load: readings.pipeline,
      execute: async (name, command, meta) => (await aggregates.execute(pipelineDecider, name, command, meta)).events,
    },
    ...{ now, unique: randomUUID, recorded },
  };
  const { commitRelease } = movingOf(core, of.sources);
  const { findRelease } = readings;
  return createPromotionSteps({
    ...{ ...recording, ...readings, commitRelease },
    ...of.measurement,
    findTargets: createTargets(targetsDepsOf(of)),
    renderDifference: differenceOf(of),
    difference: (blob) => core.blobs.getJson(blob),
    pinApplication: createPinApplication({ applications, now }),
    request: of.operations.request,
    headOf: async (name) => (await ledger.head({ type: "application", name })).sequence,
    applicationsOf: async ({ spec, stage }) =>
      selectedBy(spec, stage, await readings.selectable()).map(({ name }) => name),
    pullRequests: createPullRequestSteps({
      ...recording,
      findRelease,
      pullRequests: of.pullRequests,
      complain: (promotion, said) => of.log.warn({ promotion, said }, "a part of a pull request was left undone"),
    }),
    decide: async (decider, name, decision, meta) => {
      const { head, events, state } = await aggregates.execute(decider, name, decision, meta);
      if (events.length > 0) recorded(events, state);
      return { sequence: head.sequence, events: events.length };
    },
  });
}
