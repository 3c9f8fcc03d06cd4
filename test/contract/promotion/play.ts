import { createHash, randomUUID } from "node:crypto";
import type { Client } from "@temporalio/client";
import type { Logger } from "pino";
import { createPromotionSteps, type PromotionDeps } from "../../../activities/promotion/activities.ts";
import type { Decision, PromotionSteps, StageKey } from "../../../activities/promotion/steps.ts";
import { createPromotions, type Promotions } from "../../../adapters/temporal/promotions.ts";
import { startTemporalWorker, type TemporalWorker } from "../../../adapters/temporal/worker.ts";
import type { Outcome } from "../../../domain/application/command.ts";
import type { PipelineCommand } from "../../../domain/promotion/command.ts";
import { selectedBy } from "../../../domain/promotion/targets.ts";
import { stagesToWake, WAKING } from "../../../domain/promotion/wakes.ts";
import type { ReleaseSummary } from "../../../domain/release/state.ts";
import { SluiceError } from "../../../schemas/errors.ts";
import { promotionWorkflowId } from "../../../schemas/ids.ts";
import type { AccountSpec } from "../../../schemas/kinds/account.ts";
import { PipelineSpec } from "../../../schemas/kinds/pipeline.ts";
import type { HealthStatus, OperationRequest } from "../../../schemas/operation.ts";
import type { PromotionResult } from "../../../schemas/promotion.ts";
import type { ReleaseView } from "../../../schemas/promotion-views.ts";
import { configuration, end, start, success } from "../../domain/application/examples.ts";
import { playedBy } from "../temporal/stage.ts";
import { createMemoryLedger, type MemoryLedger } from "./memory-ledger.ts";

/** How the sync of an application to a release goes; it succeeds at once unless told. */
export type SyncScript = (
  application: string,
  release: string,
) => "Succeeded" | "Failed" | "Never" | "Degraded" | Promise<"Succeeded" | "Failed" | "Never" | "Degraded">;

export interface PlayOptions {
  /** Stages as in a Pipeline; each has the applications `<stage>-a` to `<stage>-c` unless `applications` names others. */
  stages: ({ name: string } & Record<string, unknown>)[];
  applications?: string[];
  sync?: SyncScript;
  accounts?: Record<string, Partial<AccountSpec>>;
  /** Over the ports as they are otherwise. */
  ports?: (play: Play) => Partial<PromotionDeps>;
  /** Told before each step; what it throws the step fails with. */
  before?: (step: keyof PromotionSteps) => Promise<void> | void;
}

/** A pipeline on the real Temporal server, over a ledger in memory that the real deciders decide; its clock is the test's. */
export interface Play {
  pipeline: string;
  ledger: MemoryLedger;
  promotions: Promotions;
  /** Syncs that were asked for, in their order. */
  requests: { application: string; operation: string; revision: string }[];
  /** How often each step was taken. */
  taken: Partial<Record<keyof PromotionSteps, number>>;
  now(): string;
  /** Moves the clock and wakes every stage that is under way. */
  moveTo(instant: string): Promise<void>;
  advance(ms: number): Promise<void>;
  /** A new release of the source, which wakes as the dispatcher does. */
  release(id: string, authors?: string[]): Promise<void>;
  /** A command as an operator's, through the API. */
  say(command: PipelineCommand): Promise<void>;
  /** Asks for a release in a stage. */
  promote(stage: string, release: string, more?: object): Promise<string>;
  decide(
    stage: string,
    more: Partial<Decision> & { promotion: string; gate: string },
  ): ReturnType<Promotions["decide"]>;
  turn(application: string, health: HealthStatus): Promise<void>;
  configure(stages: PlayOptions["stages"]): Promise<void>;
  types(stage?: string): string[];
  result(promotion: string): PromotionResult | undefined;
  /** Waits until something holds of the ledger. */
  until<Value>(
    what: string,
    look: () => Value | undefined | false | Promise<Value | undefined | false>,
  ): Promise<Value>;
  /** Until no execution of a stage is open. */
  idle(stage: string): Promise<void>;
  workflowId(stage: string): string;
  restartWorker(): Promise<void>;
  /** After a stop. */
  startWorker(): Promise<void>;
  stop(): Promise<void>;
}

export const ADA = { kind: "user", name: "ada" } as const;

export interface Setting {
  address: string;
  bundle: string;
  client: Client;
  log: Logger;
}

/** The first instant of the clock: a Monday. */
export const BEGINNING = "2026-03-02T08:00:00.000Z";

export async function openPlay(setting: Setting, options: PlayOptions): Promise<Play> {
  const pipeline = `shop-${randomUUID().slice(0, 8)}`;
  const taskQueue = `queue-${pipeline}`;
  const ledger = createMemoryLedger();
  const releases: ReleaseSummary[] = [];
  const requests: Play["requests"] = [];
  const taken: Play["taken"] = {};
  let clock = BEGINNING;
  const specOf = (stages: PlayOptions["stages"]): PipelineSpec =>
    PipelineSpec.parse({
      releaseSource: "source",
      stages: stages.map((stage) => ({ applications: { names: [`${stage.name}-*`] }, ...stage })),
    });
  const applications =
    options.applications ?? options.stages.flatMap(({ name }) => ["a", "b", "c"].map((each) => `${name}-${each}`));
  for (const name of applications) ledger.onApplication(name, { type: "CreateApplication", ...configuration(name) });
  const selectable = applications.map((name) => ({ name, project: "default", labels: {} }));
  const promotions = createPromotions(setting.client, { taskQueue });

  const wake = async (
    aggregate: keyof typeof WAKING,
    name: string,
    { types, stages = [], own = false }: { types: readonly string[]; stages?: string[]; own?: boolean },
  ): Promise<void> => {
    if (!types.some((type) => (WAKING[aggregate] as readonly string[]).includes(type))) return;
    const { spec } = ledger.pipeline.configuration!;
    const known = {
      name: pipeline,
      spec,
      stages: spec.stages.map(({ name: stage }) => {
        const { running, queue = [], applications: ran = {} } = ledger.pipeline.stages[stage] ?? {};
        return { name: stage, queue, applications: ran, ...(running !== undefined && { running }) };
      }),
    };
    const application = selectable.find((one) => one.name === name);
    const news = { aggregate, name, types, stages, own, ...(application && { application }) };
    await Promise.all(stagesToWake(news, [known]).map((each) => promotions.changed(each.pipeline, each.stage)));
  };
  const told = async (events: readonly { type: string; data: object }[], own: boolean): Promise<void> => {
    const stages = events.flatMap(({ data }) => ("stage" in data ? [String(data.stage)] : []));
    await wake("pipeline", pipeline, { types: events.map(({ type }) => type), stages, own });
  };
  const say = async (command: PipelineCommand): Promise<void> => told(ledger.execute(command, false), false);

  /** A sync as the application's workflow would do it. */
  const sync = async (name: string, { operation, revision = "" }: OperationRequest): Promise<void> => {
    const release = ledger.states.get(name)?.pin?.release ?? revision;
    const facts = { revision, sourceDigest: `${release}@${name}`, artifact: `artifact-${release}` };
    ledger.onApplication(name, start(operation, { ...facts, inventory: `begun-${operation}` }));
    const how = await (options.sync?.(name, release) ?? "Succeeded");
    if (how === "Never") return;
    const outcome: Outcome =
      how === "Failed"
        ? { result: "Failed", code: "ApplyFailed", message: "it is refused", failures: [] }
        : success(`inventory-${operation}`);
    const ended = ledger.onApplication(name, end(operation, outcome, facts));
    await wake("application", name, { types: ended.map(({ type }) => type) });
    if (how === "Degraded") await turn(name, "Degraded");
  };
  const turn = async (name: string, health: HealthStatus): Promise<void> => {
    const { cluster = "", inventory = "" } = ledger.states.get(name)!;
    const message = { cluster, inventory, health, unhealthy: [], drifted: [], application: name, observedAt: clock };
    const events = ledger.onApplication(name, {
      type: "ObserveCluster",
      message: { type: "cluster.changed", ...message },
    });
    await wake("application", name, { types: events.map(({ type }) => type) });
  };

  const view = (release: string): ReleaseView => ({
    ...{ source: "source", release, alias: release, commits: [], origin: "manual", by: ADA },
    ...{ content: { commits: [], images: [], charts: [] }, createdAt: clock, sequence: 1 },
  });
  const play: Play = {
    ...{ pipeline, ledger, promotions, requests, taken },
    now: () => clock,
    async moveTo(instant) {
      clock = instant;
      const busy = Object.entries(ledger.pipeline.stages).filter(([, { running }]) => running !== undefined);
      await Promise.all(busy.map(([stage]) => promotions.changed(pipeline, stage)));
    },
    advance: (ms) => play.moveTo(new Date(Date.parse(clock) + ms).toISOString()),
    async release(id, authors = []) {
      releases.push({ release: id, alias: id, at: clock, authors });
      await wake("releasesource", "source", { types: ["ReleaseCreated"] });
    },
    say,
    async promote(stage, release, more = {}) {
      const promotion = `${stage}-${release}-${randomUUID().slice(0, 6)}`;
      const trigger = { type: "manual", actor: ADA, cause: "request" } as const;
      await say({ type: "RequestPromotion", promotion, stage, release, trigger, at: clock, ...more });
      return promotion;
    },
    decide(stage, more) {
      const release = ledger.pipeline.promotions[more.promotion]?.release ?? "";
      const binding = { release, diff: ledger.pipeline.promotions[more.promotion]?.difference?.digest ?? "" };
      const by = { kind: "user", name: "bob" } as const;
      return promotions.decide(pipeline, stage, {
        ...{ verdict: "approve", binding, by, groups: [], via: "api" },
        ...more,
      });
    },
    turn,
    configure: (stages) => say({ type: "Configure", spec: specOf(stages), labels: {}, annotations: {} }),
    types: (stage) =>
      ledger.said
        .filter(({ event: { data } }) => stage === undefined || ("stage" in data && data.stage === stage))
        .map(({ event }) => event.type),
    result: (promotion) => ledger.pipeline.promotions[promotion]?.result,
    async until(what, look) {
      const deadline = Date.now() + 20_000;
      for (;;) {
        const seen = await look();
        if (seen !== undefined && seen !== false) return seen;
        if (Date.now() > deadline) throw new Error(`${what}: ${JSON.stringify(ledger.said.slice(-12), null, 1)}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    async idle(stage) {
      const handle = setting.client.workflow.getHandle(promotionWorkflowId(pipeline, stage));
      do await handle.result();
      while ((await handle.describe()).status.name === "RUNNING");
    },
    workflowId: (stage) => promotionWorkflowId(pipeline, stage),
    async restartWorker() {
      await worker.stop();
      worker = await begin();
    },
    async startWorker() {
      worker = await begin();
    },
    stop: () => worker.stop(),
  };

  const ports: PromotionDeps = {
    pipelines: {
      load: async () => ledger.pipeline,
      execute: async (_, command) => {
        const events = ledger.execute(command, true);
        await told(events, true);
        return events;
      },
    },
    decide: async (decider, _, decision) => {
      const events = ledger.decide(decider, decision, true);
      return { sequence: ledger.sequence, events: events.length };
    },
    now: () => clock,
    unique: randomUUID,
    recorded: () => undefined,
    releases: async () => releases,
    line: async () => ({ stopped: false }),
    policies: async () => new Map(),
    policy: async () => undefined,
    account: async (name) => {
      const given = options.accounts?.[name];
      return given && { role: "operator", groups: [], aliases: [], disabled: false, ...given };
    },
    health: async (application) => ({ application, health: ledger.states.get(application)?.health ?? "Unknown" }),
    findRelease: async (_, release) => (releases.some((one) => one.release === release) ? view(release) : undefined),
    expressions: async () => new Map(),
    application: async (name, after) => ({
      state: ledger.states.get(name)!,
      seen: (ledger.seen.get(name) ?? []).filter(({ sequence }) => sequence > after),
    }),
    headOf: async (name) => ledger.seen.get(name)?.at(-1)?.sequence ?? 0,
    findTargets: async ({ spec, stage: stageName, release, promotion, pipeline: of }) => {
      const stage = spec.stages.find(({ name }) => name === stageName)!;
      const waves = stage.waves ?? [{ names: ["*"] }];
      return selectedBy(spec, stage, selectable).map(({ name: application }) => ({
        application,
        wave: waves.findIndex(({ names }) => names === undefined || names.includes(application) || names[0] === "*"),
        revision: `commit-${release.release}`,
        sourceDigest: `${release.release}@${application}`,
        pin: { pipeline: of, stage: stageName, promotion, release: release.release, targetRevision: release.release },
      }));
    },
    renderDifference: async ({ stage, release }) => {
      const digest = createHash("sha256").update(`${stage} ${release.release}`).digest("hex");
      return { digest, blob: digest, counts: { applications: 1, created: 0, changed: 1, deleted: 0, unchanged: 0 } };
    },
    difference: async () => ({ applications: [] }),
    pinApplication: async ({ target: { application, pin }, actor }) => {
      if (pin) ledger.onApplication(application, { type: "PinRevision", pin, by: actor });
    },
    request: async (application, request) => {
      if (requests.some(({ operation }) => operation === request.operation)) return;
      requests.push({ application, operation: request.operation, revision: request.revision ?? "" });
      void sync(application, request);
    },
    measure: async () => {
      throw new SluiceError("Internal", "nothing is measured here");
    },
    applicationsOf: async ({ spec, stage }) => selectedBy(spec, stage, selectable).map(({ name }) => name),
    commitRelease: async () => {
      throw new SluiceError("Internal", "nothing is committed here");
    },
    pullRequests: {
      openPullRequest: async () => ({ number: 1, url: "" }),
      followPullRequest: async () => ({ state: "Open" }),
      closePullRequest: async () => undefined,
    },
  };
  const steps = createPromotionSteps({ ...ports, ...options.ports?.(play) });
  const counted = Object.fromEntries(
    (Object.entries(steps) as [keyof PromotionSteps, (input: StageKey) => Promise<unknown>][]).map(([name, step]) => [
      name,
      async (input: StageKey) => {
        taken[name] = (taken[name] ?? 0) + 1;
        await options.before?.(name);
        return step(input);
      },
    ]),
  ) as unknown as PromotionSteps;
  const calls = { prepare: 0, apply: 0, assess: 0, settle: 0, note: 0, revert: 0, act: 0 };
  const unused = { events: [], execute: () => undefined, hasEnded: () => false };
  const begin = (): Promise<TemporalWorker> =>
    startTemporalWorker({
      ...{ address: setting.address, namespace: "default", bundle: setting.bundle, taskQueue, log: setting.log },
      steps: playedBy({}, unused, taskQueue, calls),
      promotion: counted,
      limits: { workflowTasks: 8, activities: 16, cachedWorkflows: 50 },
      graceMs: 500,
    });
  let worker = await begin();
  await play.configure(options.stages);
  return play;
}
