import { Counter, Histogram, type Registry } from "prom-client";
import type { PipelineState } from "../../domain/promotion/state.ts";
import type { PipelineEvent } from "../../schemas/events/index.ts";
import type { PromotionResult } from "../../schemas/promotion.ts";

const RESULT: Partial<Record<PipelineEvent["type"], PromotionResult>> = {
  PromotionSucceeded: "Succeeded",
  PromotionFailed: "Failed",
  PromotionAborted: "Aborted",
  PromotionSuperseded: "Superseded",
};

/** Seconds: promotions wait for people and windows, so up to days. */
const BUCKETS = [1, 5, 15, 60, 300, 900, 3_600, 14_400, 43_200, 86_400, 259_200, 604_800];

/** What the worker counts of promotions. */
export interface PromotionMetrics {
  /** Told of what was appended to a pipeline, and of the state after it. */
  recorded(events: readonly PipelineEvent[], state: PipelineState): void;
}

/** Registers the metrics of promotions. */
export function createPromotionMetrics(registry: Registry): PromotionMetrics {
  const registers = [registry];
  const total = new Counter({
    name: "sluice_promotions_total",
    help: "Promotions whose end this worker recorded, by result.",
    labelNames: ["result"] as const,
    registers,
  });
  const duration = new Histogram({
    name: "sluice_promotion_duration_seconds",
    help: "From the request of a promotion to its end, by result.",
    labelNames: ["result"] as const,
    buckets: BUCKETS,
    registers,
  });
  const gateWait = new Histogram({
    name: "sluice_gate_wait_seconds",
    help: "From the start of a promotion until all of its gates had passed.",
    buckets: BUCKETS,
    registers,
  });
  const seconds = (from: string, to: string): number => Math.max(0, (Date.parse(to) - Date.parse(from)) / 1_000);

  return {
    recorded: (events, { promotions }) => {
      for (const event of events) {
        const promotion = "promotion" in event.data ? promotions[event.data.promotion ?? ""] : undefined;
        if (event.type === "PromotionMoved" && promotion?.startedAt !== undefined) {
          gateWait.observe(seconds(promotion.startedAt, event.data.at));
        }
        const result = RESULT[event.type];
        if (result === undefined) continue;
        total.inc({ result });
        if (promotion?.endedAt !== undefined) {
          duration.observe({ result }, seconds(promotion.requestedAt, promotion.endedAt));
        }
      }
    },
  };
}
