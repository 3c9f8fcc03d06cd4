import { SluiceError } from "../../schemas/errors.ts";
import type { PipelineEvent } from "../../schemas/events/index.ts";
import type { Stage } from "../../schemas/kinds/pipeline.ts";
import { promotionOf, stageOf } from "./change.ts";
import type { RequestPromotion } from "./command.ts";
import { leftBy } from "./left.ts";
import { configuredStage } from "./obstacle.ts";
import { mayMakeWay, queued, runningIn, supersededBy } from "./queue.ts";
import { leaving } from "./rollback.ts";
import type { PipelineState, PromotionState, StageState } from "./state.ts";

/** The configuration of a stage that an operator names. Throws NotFound. */
export function existingStage(state: PipelineState, name: string): Stage {
  const stage = configuredStage(state, name);
  if (stage) return stage;
  const names = state.configuration?.spec.stages.map((each) => each.name) ?? [];
  throw new SluiceError("NotFound", `the pipeline has no stage ${name}`, {
    next: names.length === 0 ? "apply the pipeline first" : `its stages are ${names.join(", ")}`,
  });
}

/**
 * A promotion that is asked for: it stands in the queue, and others make way for it by the stage's policy. Nothing when the same was asked
 * before, or when the policy asks for what it may not have. Throws NotFound and Conflict for what a person asks for and can't be.
 */
export function request(command: RequestPromotion, state: PipelineState): PipelineEvent[] {
  if (promotionOf(state, command.promotion) || state.ended.includes(command.promotion)) return [];
  if (command.trigger.type === "automatic") return automatic(command, state);
  const stage = existingStage(state, command.stage);
  return command.trigger.type === "rollback" ? rollback(command, state, stage) : manual(command, state, stage);
}

function automatic(command: RequestPromotion, state: PipelineState): PipelineEvent[] {
  const stage = configuredStage(state, command.stage);
  const { held, paused, excluded, current } = stageOf(state, command.stage);
  if (!stage || held || paused) return [];
  const { release } = command;
  const there = working(state, command.stage);
  // Looked at here too: a person may have asked since the policy was looked at.
  if (there.some((each) => each.trigger.type !== "automatic")) return [];
  const isThere = current?.release === release || there.some((each) => each.release === release);
  if (isThere || excluded.some((each) => each.release === release)) return [];
  return [...superseded(command, state, stage), requested(command, state)];
}

function manual(command: RequestPromotion, state: PipelineState, stage: Stage): PipelineEvent[] {
  const { excluded } = stageOf(state, command.stage);
  const same = working(state, command.stage).find((each) => each.release === command.release);
  if (same && !(command.emergency && mayMakeWay(same))) {
    throw new SluiceError("Conflict", `promotion ${same.promotion} brings that release already`, {
      next: `follow it with: sluice promotion get ${same.promotion}`,
    });
  }
  const readmitted = excluded.some((each) => each.release === command.release);
  return [
    ...superseded(command, state, stage),
    ...(readmitted ? [readmission(command)] : []),
    requested(command, state),
    ...declared(command),
  ];
}

function rollback(command: RequestPromotion, state: PipelineState, stage: Stage): PipelineEvent[] {
  const { verified } = stageOf(state, command.stage);
  const { release, trigger, hold, at } = command;
  if (!verified.some((each) => each.release === release)) {
    throw new SluiceError("Conflict", `release ${release.slice(0, 12)} was not verified in stage ${stage.name}`, {
      next: "go back to one that was, or bring this one in with: sluice promote",
    });
  }
  const running = runningIn(state, command.stage);
  const undone = running && !mayMakeWay(running) ? running : undefined;
  if (undone?.trigger.type === "rollback" && undone.release === release) {
    throw new SluiceError("Conflict", `rollback ${undone.promotion} brings that release already`, {
      next: `follow it with: sluice promotion get ${undone.promotion}`,
    });
  }
  const gone = promotionOf(state, command.undoes ?? "") ?? leaving(state, command.stage);
  const others = working(state, command.stage).filter(mayMakeWay);
  return [
    ...supersededBy(command.promotion, others, at),
    ...(undone ? [stopped(command, state, undone)] : []),
    ...(gone && gone.release !== release ? left(command, gone, stageOf(state, command.stage)) : []),
    requested(command, state),
    ...declared(command),
    ...((hold ?? trigger.actor.kind === "user") ? [holding(stage.name, release, trigger.actor)] : []),
  ];
}

/** Queued and running ones of a stage. */
const working = (state: PipelineState, stage: string): PromotionState[] => {
  const running = runningIn(state, stage);
  return running ? [running, ...queued(state, stage)] : queued(state, stage);
};

/** What makes way: by the stage's policy what is not more urgent, and whatever the policy brought where it may not go on. */
function superseded(command: RequestPromotion, state: PipelineState, stage: Stage): PipelineEvent[] {
  const { held } = stageOf(state, stage.name);
  const makesWay = (each: PromotionState): boolean => {
    if (!mayMakeWay(each) || each.trigger.type === "rollback") return false;
    if (command.emergency) return true;
    if (each.skipped) return false;
    return stage.onNewer === "supersede" || ((held ?? command.hold) && each.trigger.type === "automatic") === true;
  };
  return supersededBy(command.promotion, working(state, stage.name).filter(makesWay), command.at);
}

const requested = (command: RequestPromotion, state: PipelineState): PipelineEvent => {
  const { promotion, stage, release, trigger, undoes, hold, at } = command;
  const { current } = stageOf(state, stage);
  return {
    type: "PromotionRequested",
    data: {
      ...{ promotion, stage, release, trigger, requestedAt: at },
      ...(current && { from: current.release }),
      ...(undoes !== undefined && { undoes }),
      ...(trigger.type === "manual" && hold && { hold }),
    },
  };
};

const readmission = ({ stage, release, trigger }: RequestPromotion): PipelineEvent => ({
  type: "ReleaseReadmitted",
  data: { stage, release, by: trigger.actor },
});

const holding = (stage: string, release: string, by: RequestPromotion["trigger"]["actor"]): PipelineEvent => ({
  type: "StageHeld",
  data: { stage, release, by },
});

function declared({ promotion, stage, release, trigger, emergency, at }: RequestPromotion): PipelineEvent[] {
  if (!emergency) return [];
  return [{ type: "EmergencyDeclared", data: { promotion, stage, release, ...emergency, by: trigger.actor, at } }];
}

const stopped = (command: RequestPromotion, state: PipelineState, undone: PromotionState): PipelineEvent => {
  const { promotion, stage, release } = undone;
  return {
    type: "PromotionAborted",
    data: {
      ...{ promotion, stage, release, by: command.trigger.actor, at: command.at },
      reason: `rolled back by ${command.promotion}`,
      left: leftBy(state, undone),
    },
  };
};

/** What a rollback leaves behind is not verified any more, and comes back only by hand. */
function left(
  { stage, trigger }: RequestPromotion,
  { release, promotion }: { release: string; promotion: string },
  { verified, excluded }: StageState,
): PipelineEvent[] {
  const events: PipelineEvent[] = [];
  if (verified.some((each) => each.release === release)) {
    events.push({ type: "ReleaseUnverified", data: { promotion, stage, release, reason: "rolled back" } });
  }
  if (!excluded.some((each) => each.release === release)) {
    const data = { stage, release, by: trigger.actor, reason: "RolledBack" as const, promotion };
    events.push({ type: "ReleaseExcluded", data });
  }
  return events;
}
