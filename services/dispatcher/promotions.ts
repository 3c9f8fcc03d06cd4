import type { Logger } from "pino";
import type { LedgerNews } from "../../adapters/nats/ledger-news.ts";
import {
  type KnownPipeline,
  stagesToWake,
  type StageName,
  WAKING,
  type WakingNews,
} from "../../domain/promotion/wakes.ts";
import type { RecordedEvent } from "../../schemas/events/index.ts";
import type { AggregateType } from "../../schemas/ids.ts";
import type { Service } from "../service.ts";
import { mapBounded } from "./bounded.ts";
import type { LedgerPort, ViewsPort } from "./ports.ts";

export interface PromotionsDeps {
  views: ViewsPort;
  ledger: LedgerPort;
  promotions: {
    /** Starts the stage's workflow, or tells the running one to look again. */
    changed(pipeline: string, stage: string): Promise<void>;
  };
  news: {
    consume(options: {
      durable: string;
      aggregates: readonly AggregateType[];
      types: ReadonlySet<string>;
      signal: AbortSignal;
      handle(news: LedgerNews[]): Promise<void>;
      onTrouble(error: unknown): void;
    }): Promise<void>;
  };
  log: Logger;
}

const DURABLE = "dispatcher-promotions";
/** Signals at once: each is a round trip to Temporal and a write there. */
const AT_ONCE = 32;

/**
 * Wakes the stages that what was recorded concerns. It carries no state: what is known of pipelines stands in the views, at its start
 * everything that is under way is woken once, and who is woken for nothing finds nothing to do.
 */
export async function startPromotions(deps: PromotionsDeps): Promise<Service> {
  const log = deps.log.child({ service: "promotions" });
  const stopping = new AbortController();
  const { signal } = stopping;
  const known = new Map<string, KnownPipeline>();
  const take = (name: string): void => {
    const view = deps.views.get("pipelines", name);
    if (view) known.set(name, view);
    else known.delete(name);
  };
  const unsubscribe = deps.views.onChange((view, key) => {
    if (view === "pipelines") take(key);
  });
  await deps.views.reached(await deps.ledger.last());
  for (const { key } of deps.views.list("pipelines")) take(key);

  const wake = (stages: readonly StageName[]): Promise<unknown> =>
    mapBounded(AT_ONCE, distinct(stages), ({ pipeline, stage }) => deps.promotions.changed(pipeline, stage));

  const onTrouble = (err: unknown): void => log.warn({ err }, "stages could not be woken, it is tried again");
  const wakeAll = async (): Promise<void> => {
    const busy = [...known.values()].flatMap((pipeline) =>
      pipeline.stages
        .filter(({ running, queue }) => running !== undefined || queue.length > 0)
        .map(({ name }) => ({ pipeline: pipeline.name, stage: name })),
    );
    await wake(busy);
  };
  // What is under way has its workflow already; this is for a Temporal that was set up anew.
  const starting = wakeAll().catch(onTrouble);

  const consuming = deps.news.consume({
    durable: DURABLE,
    aggregates: Object.keys(WAKING) as (keyof typeof WAKING)[],
    types: new Set(Object.values(WAKING).flat()),
    signal,
    onTrouble,
    handle: async (batch) => {
      const last = batch.at(-1)?.sequence ?? 0;
      await deps.views.reached(last);
      const pipelines = [...known.values()];
      const stages: StageName[] = [];
      for (const news of batch) stages.push(...(await concerned(deps, news, pipelines)));
      await wake(stages);
    },
  });
  consuming.catch((err: unknown) => log.error({ err }, "stages are not woken any more"));
  let stopped: Promise<void> | undefined;
  return {
    name: "promotions",
    notReady: () => (signal.aborted ? "stopped" : undefined),
    stop: () =>
      (stopped ??= (async () => {
        stopping.abort();
        unsubscribe();
        await Promise.all([starting, consuming.catch(() => undefined)]);
      })()),
  };
}

async function concerned(
  deps: Pick<PromotionsDeps, "views" | "ledger">,
  { ref, types, sequence }: LedgerNews,
  pipelines: readonly KnownPipeline[],
): Promise<StageName[]> {
  const of = { aggregate: ref.type, name: ref.name, types };
  if (ref.type === "application")
    return stagesToWake({ ...of, ...ALL, application: applicationOf(deps, ref.name) }, pipelines);
  if (ref.type !== "pipeline") return stagesToWake({ ...of, ...ALL }, pipelines);
  const events = await eventsAt(deps.ledger, ref.name, sequence);
  const gone = types.includes("PipelineDeleted") ? await stagesBeforeDeletion(deps.ledger, ref.name, sequence) : [];
  const stages = events.flatMap(({ event: { data } }) => ("stage" in data ? [data.stage] : []));
  const own = events.every(({ actor }) => actor.kind === "system" && actor.name === "sluice");
  const news: WakingNews = { ...of, stages, own };
  return [...stagesToWake(news, pipelines), ...gone];
}

const ALL = { stages: [], own: false } as const;

function applicationOf({ views }: Pick<PromotionsDeps, "views">, key: string): WakingNews["application"] {
  const view = views.get("applications", key);
  return view && { name: view.name, project: view.spec.project, labels: view.labels };
}

/** The events of one append. */
async function eventsAt(ledger: Pick<LedgerPort, "read">, name: string, sequence: number): Promise<RecordedEvent[]> {
  const found: RecordedEvent[] = [];
  for await (const recorded of ledger.read({ type: "pipeline", name }, { after: sequence - 1 })) {
    if (recorded.sequence !== sequence) break;
    found.push(recorded);
  }
  return found;
}

/** Stages that a pipeline had before it was deleted: their work ends now. */
async function stagesBeforeDeletion(
  ledger: Pick<LedgerPort, "read">,
  name: string,
  sequence: number,
): Promise<StageName[]> {
  let stages: StageName[] = [];
  for await (const { event, sequence: at } of ledger.read({ type: "pipeline", name })) {
    if (at >= sequence) break;
    if (event.type === "PipelineCreated" || event.type === "PipelineUpdated") {
      stages = event.data.spec.stages.map((stage) => ({ pipeline: name, stage: stage.name }));
    }
  }
  return stages;
}

const distinct = (stages: readonly StageName[]): StageName[] => [
  ...new Map(stages.map((one) => [`${one.pipeline}/${one.stage}`, one])).values(),
];
