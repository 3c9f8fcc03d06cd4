import { randomUUID } from "node:crypto";
import type { Client } from "@temporalio/client";
import pino from "pino";
import { Registry } from "prom-client";
import { createPromotionSteps, type PromotionDeps } from "../../../activities/promotion/activities.ts";
import { type AggregateStore, createAggregateStore } from "../../../adapters/nats/aggregate-store.ts";
import { createLedger, type Ledger } from "../../../adapters/nats/ledger.ts";
import { createPromotions } from "../../../adapters/temporal/promotions.ts";
import { startTemporalWorker, type TemporalWorker } from "../../../adapters/temporal/worker.ts";
import { createViewStore, type ViewStore } from "../../../adapters/views/store.ts";
import { accountDecider } from "../../../domain/account/decider.ts";
import { pipelineDecider } from "../../../domain/promotion/decider.ts";
import { releaseSourceDecider } from "../../../domain/release/decider.ts";
import { SluiceError } from "../../../schemas/errors.ts";
import type { PipelineEvent, RecordedEvent } from "../../../schemas/events/index.ts";
import { AccountSpec } from "../../../schemas/kinds/account.ts";
import { PipelineSpec } from "../../../schemas/kinds/pipeline.ts";
import { ReleaseSourceSpec } from "../../../schemas/kinds/release-source.ts";
import type { Approval } from "../../../schemas/kinds/gate.ts";
import { type Projector, startProjector } from "../../../services/projector/projector.ts";
import { createApi } from "../../../services/api/app.ts";
import { readingsOf } from "../../../services/server/promotion-readings.ts";
import type { connected } from "../nats/connected.ts";
import { memoryPorts } from "../../services/api/memory.ts";
import { playedBy } from "../temporal/stage.ts";

const ACTOR = { kind: "user", name: "starter" } as const;
const TOKEN = "test-token-of-more-than-32-characters";
const COUNTS = { applications: 1, created: 0, changed: 1, deleted: 0, unchanged: 2 };
const PIPELINE = "shop";
export const PEOPLE = ["ada", "bob", "cid", "dan", "eve"] as const;
const log = pino({ level: "silent" });

/** What several stages of a file share. */
export interface Setting {
  nats: Awaited<ReturnType<typeof connected>>;
  ledger: Ledger;
  aggregates: AggregateStore;
  store: ViewStore;
  projector: Projector;
  temporal: { client: Client; address: string; bundle: string };
}

export async function openSetting(
  nats: Setting["nats"],
  temporal: Setting["temporal"],
): Promise<Setting & { close(): Promise<void> }> {
  const ledger = createLedger(nats.nc);
  const store = createViewStore({ path: ":memory:" });
  const projector = await startProjector({ ledger, store, log, metrics: new Registry() });
  const close = async () => {
    await projector.stop();
    store.close();
  };
  return { nats, ledger, aggregates: createAggregateStore(ledger), store, projector, temporal, close };
}

/**
 * A promotion that waits at one gate, on the real ledger and the real Temporal server, with the API in front. Only what it changes
 * is made up: the difference is what the test says, and there are no applications.
 */
export async function openApprovals(setting: Setting, asked: Partial<Approval>) {
  const { ledger, aggregates, store, projector, temporal } = setting;
  const pipeline = `${PIPELINE}-${randomUUID().slice(0, 8)}`;
  const source = `source-${pipeline}`;
  const taskQueue = `queue-${pipeline}`;
  let [digest, ahead] = ["d".repeat(64), 0];
  const now = () => new Date(Date.now() + ahead);
  const record = <State, Command>(
    decider: Parameters<typeof aggregates.execute<State, Command, never>>[0],
    name: string,
    command: Command,
  ) =>
    aggregates.execute(decider, name, command, {
      ...{ at: now().toISOString(), actor: ACTOR, cause: "test", messageId: randomUUID() },
    });
  const configured = { type: "Configure", labels: {}, annotations: {} } as const;
  for (const name of [...PEOPLE, "starter", "grace"]) {
    const spec = AccountSpec.parse({ groups: ["sre"], email: `${name}@example.com` });
    await record(accountDecider as never, name, { ...configured, spec });
  }
  await record(releaseSourceDecider as never, source, {
    ...configured,
    spec: ReleaseSourceSpec.parse({
      subscriptions: [{ name: "code", git: { repoURL: "https://git.example/shop", branch: "main" } }],
    }),
  });
  const author = { name: "Grace", email: "GRACE@example.com" };
  const { state: made } = await record(releaseSourceDecider as never, source, {
    ...{ type: "CreateRelease", origin: "manual", by: { kind: "system", name: "sluice" }, at: now().toISOString() },
    content: {
      commits: [{ subscription: "code", repoURL: "https://git.example/shop", commit: "c".repeat(40) }],
      ...{ images: [], charts: [] },
    },
    commits: [
      { subscription: "code", commit: "c".repeat(40), subject: "x", author, at: now().toISOString(), tickets: [] },
    ],
  });
  const { release } = (made as { releases: { release: string }[] }).releases.at(-1)!;
  const spec = PipelineSpec.parse({
    releaseSource: source,
    stages: [
      {
        ...{ name: "prod", applications: { names: ["*"] } },
        gates: [{ name: "sign-off", approval: { groups: ["sre"], ...asked } }],
      },
    ],
  });
  await record(pipelineDecider as never, pipeline, { ...configured, spec });
  const promotion = `prod-${randomUUID().slice(0, 8)}`;
  await record(pipelineDecider as never, pipeline, {
    ...{ type: "RequestPromotion", promotion, stage: "prod", release, at: now().toISOString() },
    trigger: { type: "manual", actor: ACTOR, cause: "test" },
  });

  const readings = readingsOf({ aggregates, ledger, store, projector });
  const nowhere = () => Promise.reject(new SluiceError("Internal", "not in this test"));
  const deps: PromotionDeps = {
    ...readings,
    pipelines: {
      load: readings.pipeline,
      execute: async (name, command, meta) => (await aggregates.execute(pipelineDecider, name, command, meta)).events,
    },
    ...{ now: () => now().toISOString(), unique: randomUUID, recorded: () => undefined },
    expressions: async () => new Map(),
    renderDifference: async () => ({ digest, blob: digest, counts: COUNTS }),
    findTargets: async () => [],
    difference: async () => ({ applications: [] }),
    headOf: async () => 0,
    applicationsOf: async () => [],
    decide: async (decider, name, decision, meta) => {
      const { head, events } = await aggregates.execute(decider, name, decision, meta);
      return { sequence: head.sequence, events: events.length };
    },
    ...{ commitRelease: nowhere, pinApplication: nowhere, request: nowhere, measure: nowhere },
    pullRequests: { closePullRequest: nowhere, openPullRequest: nowhere, followPullRequest: nowhere } as never,
  };
  const begin = (): Promise<TemporalWorker> =>
    startTemporalWorker({
      ...{ address: temporal.address, namespace: "default", bundle: temporal.bundle, taskQueue, log },
      steps: playedBy({}, { events: [], execute: () => undefined, hasEnded: () => false }, taskQueue, {
        ...{ prepare: 0, apply: 0, assess: 0, settle: 0, note: 0, revert: 0, act: 0 },
      }),
      promotion: createPromotionSteps(deps),
      limits: { workflowTasks: 10, activities: 10, cachedWorkflows: 10 },
      graceMs: 500,
    });
  let worker = await begin();
  const promotions = createPromotions(temporal.client, { taskQueue });
  await promotions.changed(pipeline, "prod");

  const { ports } = memoryPorts();
  const app = createApi({
    ...{ ...ports, views: store, projector, ledger, aggregates, decide: promotions.decide, now, log },
    ...{ tokens: [{ name: "admin", token: TOKEN }], version: "test", metrics: new Registry() },
    blobs: {
      getJson: async <Value>() =>
        ({
          version: 1,
          pipeline,
          stage: "prod",
          release,
          counts: COUNTS,
          applications: [],
          commits: [],
          contents: [],
        }) as Value,
    },
  });
  const path = `/api/v1/pipelines/${pipeline}/promotions/${promotion}`;
  const send = async (verb: "POST" | "GET", url: string, token: string, body?: object) => {
    const payload = body === undefined ? {} : { payload: body };
    const answer = await app.inject({ method: verb, url, headers: { authorization: `Bearer ${token}` }, ...payload });
    return { status: answer.statusCode, body: answer.json() as Record<string, unknown> };
  };
  const tokens = new Map<string, string>();
  const tokenOf = async (name: string): Promise<string> => {
    const known = tokens.get(name);
    if (known !== undefined) return known;
    const { body } = await send("POST", `/api/v1/accounts/${name}/tokens`, TOKEN, {});
    tokens.set(name, body["token"] as string);
    return body["token"] as string;
  };
  for (const name of [...PEOPLE, "starter", "grace"]) await tokenOf(name);

  const events = async (): Promise<PipelineEvent[]> => {
    const found: PipelineEvent[] = [];
    for await (const { event } of ledger.read({ type: "pipeline", name: pipeline }) as AsyncIterable<RecordedEvent>) {
      found.push(event as PipelineEvent);
    }
    return found;
  };
  return {
    ...{ app, pipeline, promotion, release, events },
    types: async () => (await events()).map(({ type }) => type),
    state: async () => (await readings.pipeline(pipeline)).promotions[promotion]!,
    approve: async (name: string, more: object = {}) =>
      await send("POST", `${path}/approve`, await tokenOf(name), { difference: digest, ...more }),
    reject: async (name: string, more: object = {}) =>
      await send("POST", `${path}/reject`, await tokenOf(name), { reason: "no", ...more }),
    linkOf: async (name: string) =>
      (await send("POST", `${path}/approval-links`, await tokenOf(name), {})).body["path"] as string,
    page: async (url: string) => await app.inject({ method: "GET", url }),
    post: async (url: string, fields: Record<string, string>) =>
      await app.inject({
        ...{ method: "POST", url, payload: new URLSearchParams(fields).toString() },
        headers: { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin" },
      }),
    /** The account as it is described from now on. */
    describe: async (name: string, given: Partial<AccountSpec>) => {
      const described = AccountSpec.parse({ groups: ["sre"], email: `${name}@example.com`, ...given });
      await record(accountDecider as never, name, { ...configured, spec: described });
    },
    /** What the promotion would change is another from now on. */
    async differ(text: string) {
      digest = text.repeat(64);
      await record(pipelineDecider as never, pipeline, {
        ...{ type: "RecordDifference", promotion, digest, blob: digest, counts: COUNTS },
      });
      await promotions.changed(pipeline, "prod");
    },
    async pass(ms: number) {
      ahead += ms;
      await promotions.changed(pipeline, "prod");
    },
    stopWorker: () => worker.stop(),
    async startWorker() {
      worker = await begin();
    },
    async stop() {
      await worker.stop();
      await app.close();
    },
  };
}
