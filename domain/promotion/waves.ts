import type { PipelineEvent } from "../../schemas/events/index.ts";
import type { Stage, StageWave } from "../../schemas/kinds/pipeline.ts";
import { livePromotion, of } from "./change.ts";
import type { CommandOf } from "./command.ts";
import type { PipelineState, PromotionState, TargetState } from "./state.ts";

/** A stage without waves has one. */
const ALL: StageWave = { maxParallel: 10, maxUnhealthy: 0 };

/** The waves in which a promotion comes into a stage. A rollback has one with all applications: they go back together. */
export function wavesOf(stage: Stage, { trigger }: Pick<PromotionState, "trigger">): StageWave[] {
  const waves = stage.waves ?? [ALL];
  if (trigger.type !== "rollback") return waves;
  return [{ maxParallel: Math.max(...waves.map(({ maxParallel }) => maxParallel)), maxUnhealthy: 0 }];
}

/** The targets of one wave, in the order of their names. */
export const targetsOf = ({ targets }: PromotionState, wave: number): TargetState[] =>
  Object.values(targets)
    .filter((target) => target.wave === wave)
    .toSorted((a, b) => (a.application < b.application ? -1 : 1));

/** The targets that may be in the making: as many of the running wave's unfinished ones as its stage allows at once. */
export function inTheMaking(stage: Stage, promotion: PromotionState): TargetState[] {
  const wave = promotion.waves.find(({ completedAt }) => completedAt === undefined);
  if (!wave) return [];
  const { maxParallel } = wavesOf(stage, promotion)[wave.wave] ?? ALL;
  return targetsOf(promotion, wave.wave)
    .filter(({ state }) => state === "Syncing")
    .slice(0, maxParallel);
}

/** The next wave, once the one before is completed. */
export function startWave(command: CommandOf<"StartWave">, state: PipelineState): PipelineEvent[] {
  const { wave, targets, at } = command;
  const promotion = livePromotion(state, command.promotion);
  if (promotion?.phase !== "Moving" && promotion?.phase !== "Syncing") return [];
  const { waves } = promotion;
  if (wave !== waves.length || waves.some(({ completedAt }) => completedAt === undefined)) return [];
  // An application has one place in a promotion, whatever labels it has got meanwhile.
  const mine = targets.filter(({ application }) => !Object.hasOwn(promotion.targets, application));
  return [
    { type: "WaveStarted", data: { ...of(promotion), wave, targets: mine.map((each) => ({ ...each, wave })), at } },
  ];
}

/** Only what is exactly what was asked for counts. */
export function recordPromoted(command: CommandOf<"RecordPromoted">, state: PipelineState): PipelineEvent[] {
  const { type: _, promotion: id, ...data } = command;
  const promotion = livePromotion(state, id);
  const target = promotion?.targets[data.application];
  if (!promotion || !target || target.state === "Promoted" || target.sourceDigest !== data.sourceDigest) return [];
  return [{ type: "ApplicationPromoted", data: { ...of(promotion), ...data } }];
}

/** Also of an application that was promoted and lost its health before the promotion ended. */
export function recordTargetFailure(command: CommandOf<"RecordTargetFailure">, state: PipelineState): PipelineEvent[] {
  const { application, reason, message, health } = command;
  const promotion = livePromotion(state, command.promotion);
  const target = promotion?.targets[application];
  if (!promotion || !target) return [];
  if (target.state === "Failed" && target.reason === reason && target.message === message) return [];
  const more = health === undefined ? {} : { health };
  return [{ type: "ApplicationPromotionFailed", data: { ...of(promotion), application, reason, message, ...more } }];
}

/** Nothing while an application of it is in the making. */
export function completeWave(command: CommandOf<"CompleteWave">, state: PipelineState): PipelineEvent[] {
  const { wave, unhealthy, at } = command;
  const promotion = livePromotion(state, command.promotion);
  const open = promotion?.waves.find((each) => each.wave === wave && each.completedAt === undefined);
  if (!promotion || !open || targetsOf(promotion, wave).some((target) => target.state === "Syncing")) return [];
  return [{ type: "WaveCompleted", data: { ...of(promotion), wave, unhealthy, at } }];
}
