import type { Logger } from "pino";
import type { Delivery } from "../../activities/notify.ts";
import { matches } from "../../domain/notification/match.ts";
import { newsOf } from "../../domain/notification/news.ts";
import type { News, NewsReads } from "../../domain/notification/told.ts";
import type { RecordedEvent } from "../../schemas/events/index.ts";
import type { AggregateType } from "../../schemas/ids.ts";
import type { Views } from "../../schemas/views.ts";
import type { NotificationView } from "../../schemas/promotion-views.ts";
import type { Service } from "../service.ts";

export interface NotifierDeps {
  consume(options: {
    durable: string;
    aggregates: readonly AggregateType[];
    signal: AbortSignal;
    handle(events: RecordedEvent[]): Promise<void>;
    onTrouble(error: unknown): void;
  }): Promise<void>;
  views: Pick<NewsReads, "get"> & {
    list<View extends "notifications" | "pipelines">(view: View): { key: string; value: Views[View] }[];
    /** Resolves when the views include the ledger up to this sequence. */
    reached(sequence: number): Promise<void>;
  };
  notifications: { deliver(delivery: Delivery): Promise<void> };
  log: Logger;
}

const DURABLE = "notifier";
const AGGREGATES = ["application", "pipeline", "releasesource", "system"] as const;

/** Begins a delivery for whatever an event tells to whoever wants to be told of it, until it is stopped. */
export function startNotifier({ consume, views, notifications, log }: NotifierDeps): Service {
  const stopping = new AbortController();
  const { signal } = stopping;
  const child = log.child({ service: "notifier" });

  const reads: NewsReads = {
    get: views.get,
    pipelinesOf: (source) =>
      views.list("pipelines").flatMap(({ key, value }) => (value.spec.releaseSource === source ? [key] : [])),
  };

  async function handle(events: RecordedEvent[]): Promise<void> {
    const [first] = events;
    if (!first) return;
    await views.reached(first.sequence);
    const wanted = views.list("notifications").map(({ value }) => value);
    if (wanted.length === 0) return;
    for (const news of events.flatMap((event) => newsOf(event, reads))) {
      for (const delivery of deliveriesOf(news, wanted)) await notifications.deliver(delivery);
    }
  }

  const consuming = consume({
    ...{ durable: DURABLE, aggregates: AGGREGATES, signal, handle },
    onTrouble: (err) => child.warn({ err }, "news could not be told yet, it is tried again"),
  });
  consuming.catch((err: unknown) => child.error({ err }, "nobody is notified any more"));
  return {
    name: "notifier",
    notReady: () => (signal.aborted ? "stopped" : undefined),
    async stop() {
      stopping.abort();
      await consuming.catch(() => undefined);
    },
  };
}

/** Who is told: each notification that wants it, and each of its accounts that gets a link of its own. */
export function deliveriesOf(news: News, notifications: readonly NotificationView[]): Delivery[] {
  return notifications
    .filter(({ spec }) => matches(spec, news))
    .flatMap(({ name, spec }) => {
      const linked = news.trigger === "waiting-for-approval" ? spec.approvalLinks : [];
      return [{ notification: name, news }, ...linked.map((account) => ({ notification: name, news, account }))];
    });
}
