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
  const before = promotion.verifications.findLast((each) => each.gate === gate);
  if (before && before.judged?.verdict !== "Again") return [];
  const synced = promotion.phase === "Syncing" && promotion.waves.every(({ completedAt }) => completedAt !== undefined);
  const again = promotion.phase === "Verifying" && before !== undefined;
  if (gate === undefined ? !synced && !again : promotion.phase !== "Waiting") return [];
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

/** A person decides what measurements could not, overrules what they said of a gate, or has it measured again. Throws NotFound, and Conflict for a run that needs nobody. */
export function judge(command: CommandOf<"JudgeVerification">, state: PipelineState): PipelineEvent[] {
  const { run: name, verdict, by, reason } = command;
  const promotion = runningPromotion(state, command.promotion);
  const run = runOf(promotion, name);
  const next = `look at its verifications with: sluice promotion get ${promotion.promotion}`;
  if (!run) throw new SluiceError("NotFound", `promotion ${promotion.promotion} has no verification ${name}`, { next });
  if (run.judged?.verdict === verdict) return [];
  if (!isOpenToJudgement(promotion, run)) {
    const how = run.judged ? `was judged ${run.judged.verdict} by ${run.judged.by.name}` : `is ${run.phase}`;
    throw new SluiceError("Conflict", `verification ${name} ${how}: nobody has to judge it`, { next });
  }
  return [{ type: "VerificationJudged", data: { ...of(promotion), run: name, verdict, by, reason } }];
}

/**
 * Whether a person may judge a run: one that told nothing, and of a gate that holds the promotion also one that failed or could not be
 * measured. What the stage's own verification says ends the promotion at once.
 */
export const isOpenToJudgement = (
  { phase }: Pick<PromotionState, "phase">,
  run: Pick<VerificationRun, "gate" | "phase"> & { judged?: object | undefined },
): boolean => {
  if (run.judged) return false;
  if (run.phase === "Inconclusive") return true;
  return run.gate !== undefined && phase === "Waiting" && (run.phase === "Failed" || run.phase === "Error");
};

const runOf = ({ verifications }: PromotionState, name: string): VerificationRun | undefined =>
  verifications.find(({ run }) => run === name);
