import type { Logger } from "pino";
import type { NewsConsumption } from "../../adapters/nats/ledger-news.ts";
import { applicationDecider } from "../../domain/application/decider.ts";
import { letGo } from "../../domain/promotion/let-go.ts";
import { pipelineDecider } from "../../domain/promotion/decider.ts";
import type { Service } from "../service.ts";
import { mapBounded } from "./bounded.ts";
import type { AggregatesPort, ViewsPort } from "./ports.ts";

export interface PinsDeps {
  views: Pick<ViewsPort, "get" | "list" | "reached">;
  aggregates: AggregatesPort;
  news: { consume(options: NewsConsumption): Promise<void> };
  log: Logger;
  /** RFC 3339. */
  now?: () => string;
}

const DURABLE = "dispatcher-pins";
const AT_ONCE = 16;
const SLUICE = { kind: "system", name: "sluice" } as const;
/** What may make a stage select another set of applications than it has pinned. */
const AGGREGATES = ["pipeline", "application"] as const;
const TYPES = new Set(["PipelineUpdated", "ApplicationUpdated", "RevisionPinned"]);

/** Takes pins back of applications that their stage does not select any more. Level-based: each is looked at as it is now. */
export function startPins(deps: PinsDeps): Service {
  const log = deps.log.child({ service: "pins" });
  const stopping = new AbortController();
  const { signal } = stopping;
  const consuming = deps.news.consume({
    durable: DURABLE,
    aggregates: AGGREGATES,
    types: TYPES,
    signal,
    onTrouble: (err) => log.warn({ err }, "pins could not be looked at, it is tried again"),
    handle: async (batch) => {
      const sequence = batch.at(-1)?.sequence ?? 0;
      await deps.views.reached(sequence);
      const pipelines = new Set(batch.flatMap(({ ref }) => (ref.type === "pipeline" ? [ref.name] : [])));
      const applications = new Set(batch.flatMap(({ ref }) => (ref.type === "application" ? [ref.name] : [])));
      if (pipelines.size > 0) for (const name of pinnedBy(deps.views, pipelines)) applications.add(name);
      await mapBounded(AT_ONCE, [...applications], (name) => lookAt(deps, { name, sequence, log }));
    },
  });
  consuming.catch((err: unknown) => log.error({ err }, "pins are not looked at any more"));
  let stopped: Promise<void> | undefined;
  return {
    name: "pins",
    notReady: () => (signal.aborted ? "stopped" : undefined),
    stop: () => {
      stopping.abort();
      return (stopped ??= consuming.catch(() => undefined));
    },
  };
}

const pinnedBy = (views: Pick<ViewsPort, "list">, pipelines: ReadonlySet<string>): string[] =>
  views
    .list("applications")
    .flatMap(({ key, value: { pinned } }) => (pinned && pipelines.has(pinned.pipeline) ? [key] : []));

async function lookAt(
  { aggregates, now = () => new Date().toISOString() }: PinsDeps,
  { name, sequence, log }: { name: string; sequence: number; log: Logger },
): Promise<void> {
  const { pin, configuration } = (await aggregates.load(applicationDecider, name)).state;
  if (!pin || !configuration) return;
  const { state } = await aggregates.load(pipelineDecider, pin.pipeline);
  const application = { name, labels: configuration.labels, project: configuration.spec.project };
  const reason = letGo(pin, state.configuration?.spec, application);
  if (reason === undefined) return;
  const { pipeline, stage } = pin;
  const command = { type: "UnpinRevision", by: SLUICE, reason, of: { pipeline, stage } } as const;
  const meta = { at: now(), actor: SLUICE, cause: `ledger/${sequence}`, messageId: `unpin/${name}/${sequence}` };
  await aggregates.execute(applicationDecider, name, command, meta);
  log.info({ application: name, pipeline, stage }, "a pin was taken back");
}
