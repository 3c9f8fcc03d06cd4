import type { PipelineCommand } from "../../../domain/promotion/command.ts";
import { pipelineDecider } from "../../../domain/promotion/decider.ts";
import { type Look, next, type Next, type NextInput } from "../../../domain/promotion/next.ts";
import { initialPipeline, type PipelineState, type PromotionState } from "../../../domain/promotion/state.ts";
import type { PipelineEvent } from "../../../schemas/events/index.ts";
import { PipelineSpec } from "../../../schemas/kinds/pipeline.ts";
import type { Actor } from "../../../schemas/operation.ts";
import type { GateVerdict, PromotionTarget } from "../../../schemas/promotion.ts";

export const ada: Actor = { kind: "user", name: "ada" };
export const bob: Actor = { kind: "user", name: "bob" };
export const sluice: Actor = { kind: "system", name: "sluice" };

/** An instant: so many minutes after the beginning. */
export const minute = (minutes: number): string =>
  new Date(Date.UTC(2026, 0, 5, 8, 0, 0) + minutes * 60_000).toISOString();

/** Releases as their source has them, the newest first. */
export const RELEASES = ["r5", "r4", "r3", "r2", "r1"].map((release) => ({ release, at: minute(0) }));

type StageInput = { name: string } & Record<string, unknown>;

/** A pipeline of these stages, each with applications of its own name. */
export const pipelineOf = (...stages: StageInput[]): PipelineSpec =>
  PipelineSpec.parse({
    releaseSource: "shop",
    stages: stages.map((stage) => ({ applications: { names: [`${stage.name}-*`] }, ...stage })),
  });

/** Staging, then prod. */
export const TWO = pipelineOf({ name: "staging" }, { name: "prod" });

export const verdict = (gate: string, more: Partial<GateVerdict> = {}): GateVerdict => ({
  ...{ gate, type: "window", state: "pass", reason: "Open", message: "open", evidence: {} },
  ...more,
});

export const target = (application: string, wave = 0): PromotionTarget => ({
  ...{ application, wave, operation: `op-${application}`, revision: "c1", sourceDigest: "s1" },
});

const COUNTS = { applications: 1, created: 0, changed: 1, deleted: 0, unchanged: 0 };

/** A pipeline that commands are given to, with every event that came of them. */
export interface World {
  state: PipelineState;
  events: PipelineEvent[];
  /** Executes; returns what happened. */
  do(command: PipelineCommand): PipelineEvent[];
  /** What is due in a stage. */
  next(stage: string, more?: Partial<NextInput>): Next;
  promotion(id: string): PromotionState;
}

export function world(spec: PipelineSpec = TWO): World {
  const result: World = {
    state: initialPipeline,
    events: [],
    do: (command) => {
      const events = pipelineDecider.decide(command, result.state);
      result.state = events.reduce(pipelineDecider.evolve, result.state);
      result.events.push(...events);
      return events;
    },
    next: (stage, more = {}) =>
      next({ pipeline: "shop", state: result.state, stage, now: minute(0), releases: [], ...more }),
    promotion: (id) => result.state.promotions[id]!,
  };
  result.do({ type: "Configure", spec, labels: {}, annotations: {} });
  return result;
}

/** Names of what happened. */
export const types = (events: readonly PipelineEvent[]): string[] => events.map(({ type }) => type);

interface Asked {
  id?: string;
  at?: string;
  by?: Actor;
  more?: Partial<Extract<PipelineCommand, { type: "RequestPromotion" }>>;
}

/** Somebody asks for a release in a stage; the promotion's id is `stage-release` unless told. */
export function ask(on: World, stage: string, release: string, options: Asked = {}): PipelineEvent[] {
  const { id = `${stage}-${release}`, at = minute(0), by = ada, more = {} } = options;
  const trigger = { type: "manual", actor: by, cause: "request/1" } as const;
  return on.do({ type: "RequestPromotion", promotion: id, stage, release, trigger, at, ...more });
}

/** How far a promotion is brought: each includes the ones before. */
export type Until = "started" | "rendered" | "passed" | "moved" | "synced" | "waved" | "ended";

/** Brings the promotion of a stage so far by the commands of a workflow's steps. */
export function bring(on: World, stage: string, until: Until, at: string = minute(0)): string {
  const order: Until[] = ["started", "rendered", "passed", "moved", "synced", "waved", "ended"];
  on.do({ type: "StartNext", stage, at });
  const id = on.state.stages[stage]!.running!;
  const application = `${stage}-a`;
  const { operation, revision, sourceDigest } = target(application);
  const commands: PipelineCommand[][] = [
    [],
    [{ type: "RecordDifference", promotion: id, digest: "d1", blob: "b1", counts: COUNTS }],
    [{ type: "RecordVerdicts", promotion: id, verdicts: [verdict("upstream", { type: "upstream" })], at }],
    [{ type: "BeginMove", promotion: id, mode: "pin", at }],
    [{ type: "StartWave", promotion: id, wave: 0, targets: [target(application)], at }],
    [
      { type: "RecordPromoted", promotion: id, application, operation, revision, sourceDigest, sequence: 1, at },
      { type: "CompleteWave", promotion: id, wave: 0, unhealthy: [], at },
    ],
    [{ type: "Succeed", promotion: id, at }],
  ];
  for (const command of commands.slice(0, order.indexOf(until) + 1).flat()) on.do(command);
  return id;
}

/** A release that came all the way into a stage. */
export function promoted(on: World, stage: string, release: string, at: string = minute(0)): string {
  ask(on, stage, release, { at, id: `${stage}-${release}-${on.events.length}` });
  return bring(on, stage, "ended", at);
}

/** Looks that a workflow remembers. */
export const looks = (promotion: string, ...what: Look["do"][]): Look[] =>
  what.map((each) => ({ do: each, promotion }));

export { COUNTS };
