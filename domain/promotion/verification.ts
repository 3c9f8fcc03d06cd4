import { SluiceError } from "../../schemas/errors.ts";
import type { PipelineEvent } from "../../schemas/events/index.ts";
import { livePromotion, of } from "./change.ts";
import type { CommandOf } from "./command.ts";
import { runningPromotion } from "./finish.ts";
import type { PipelineState, PromotionState, VerificationRun } from "./state.ts";

/** A run of its stage's verification once all waves are completed, or of a gate's while it waits. */
export function startVerification(command: CommandOf<"StartVerification">, state: PipelineState): PipelineEvent[] {
  const { run, gate, at } = command;
  const promotion = livePromotion(state, command.promotion);
  if (!promotion || runOf(promotion, run)) return [];
  const synced = promotion.phase === "Syncing" && promotion.waves.every(({ completedAt }) => completedAt !== undefined);
  if (gate === undefined ? !synced : promotion.phase !== "Waiting") return [];
  return [{ type: "VerificationStarted", data: { ...of(promotion), run, ...(gate !== undefined && { gate }), at } }];
}

/** Measurements that are not in the ledger yet. */
export function recordMeasurements(command: CommandOf<"RecordMeasurements">, state: PipelineState): PipelineEvent[] {
  const { run: name, measurements } = command;
  const promotion = livePromotion(state, command.promotion);
  const run = promotion && runOf(promotion, name);
  if (!promotion || run?.phase !== "Running") return [];
  const taken = new Map(run.metrics.map((each) => [each.metric, each.taken]));
  const news: PipelineEvent[] = [];
  for (const measurement of measurements) {
    if (measurement.number <= (taken.get(measurement.metric) ?? 0)) continue;
    taken.set(measurement.metric, measurement.number);
    news.push({ type: "MeasurementTaken", data: { ...of(promotion), run: name, measurement } });
  }
  return news;
}

export function completeVerification(
  command: CommandOf<"CompleteVerification">,
  state: PipelineState,
): PipelineEvent[] {
  const { type: _, promotion: id, ...data } = command;
  const promotion = livePromotion(state, id);
  if (!promotion || runOf(promotion, data.run)?.phase !== "Running") return [];
  const { run, phase, message, metrics, at } = data;
  const { gate } = runOf(promotion, run)!;
  return [
    {
      type: "VerificationCompleted",
      data: {
        ...{ ...of(promotion), run, phase, metrics, at },
        ...(gate !== undefined && { gate }),
        ...(message !== undefined && { message }),
      },
    },
  ];
}

/** A person decides what measurements could not. Throws NotFound, and Conflict for a run that needs nobody. */
export function judge(command: CommandOf<"JudgeVerification">, state: PipelineState): PipelineEvent[] {
  const { run: name, verdict, by, reason } = command;
  const promotion = runningPromotion(state, command.promotion);
  const run = runOf(promotion, name);
  const next = `look at its verifications with: sluice promotion get ${promotion.promotion}`;
  if (!run) throw new SluiceError("NotFound", `promotion ${promotion.promotion} has no verification ${name}`, { next });
  if (run.judged?.verdict === verdict) return [];
  if (run.judged || run.phase !== "Inconclusive") {
    const how = run.judged ? `was judged ${run.judged.verdict} by ${run.judged.by.name}` : `is ${run.phase}`;
    throw new SluiceError("Conflict", `verification ${name} ${how}: nobody has to judge it`, { next });
  }
  return [{ type: "VerificationJudged", data: { ...of(promotion), run: name, verdict, by, reason } }];
}

const runOf = ({ verifications }: PromotionState, name: string): VerificationRun | undefined =>
  verifications.find(({ run }) => run === name);
