import type { FastifyInstance, FastifyReply } from "fastify";
import type { EventView } from "../../schemas/api/bodies.ts";
import { nearest } from "../../schemas/api/nearest.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { EVENTS, type RecordedEvent } from "../../schemas/events/index.ts";
import { eventView } from "./answers.ts";
import type { Call, Handlers } from "./call.ts";
import { openStream } from "./event-stream.ts";
import type { AggregateRef } from "../../schemas/ids.ts";
import type { ApiPorts } from "./ports.ts";

const DEFAULT_LIMIT = 1_000;
/** How often a stream looks whether its token still holds: one that was revoked ends within this. */
const AUTHORIZED_MS = 1_000;
const TYPES = new Set(Object.values(EVENTS).flatMap((events) => Object.keys(events)));

type Wanted = (event: RecordedEvent) => boolean;

/** The aggregate whose events alone are asked for. */
const onlyOf = ({ application, pipeline }: Call<"listEvents">["query"]): AggregateRef | undefined =>
  application !== undefined
    ? { type: "application", name: application }
    : pipeline === undefined
      ? undefined
      : { type: "pipeline", name: pipeline };

function filterOf(query: Call<"listEvents">["query"]): Wanted {
  const only = onlyOf(query);
  const types = query.type === undefined ? undefined : new Set(query.type.split(",").map((type) => type.trim()));
  return ({ aggregate, event }) =>
    (only === undefined || (aggregate.type === only.type && aggregate.name === only.name)) &&
    (types === undefined || types.has(event.type));
}

/** Events of the ledger, as a list or as a stream that goes on. */
export function eventHandlers(ports: ApiPorts, app: FastifyInstance): Required<Pick<Handlers, "listEvents">> {
  const open = new Set<AbortController>();
  app.addHook("preClose", async () => {
    for (const stream of open) stream.abort();
  });
  return {
    listEvents: async (call) => {
      const { query, request, reply } = call;
      await known(query, ports);
      if (!/\btext\/event-stream\b/.test(request.headers.accept ?? "")) return list(ports, query);
      const after = await startOf(call, ports);
      const aborter = new AbortController();
      open.add(aborter);
      const watch = setInterval(() => {
        if (!call.authorized()) aborter.abort();
      }, AUTHORIZED_MS);
      await stream(ports, reply, { after, wanted: filterOf(query), aborter }).finally(() => {
        clearInterval(watch);
        open.delete(aborter);
      });
      return undefined;
    },
  };
}

/** Names and types that no event has are mistakes. A deleted application still has its events. */
async function known(query: Call<"listEvents">["query"], ports: ApiPorts): Promise<void> {
  const { application, pipeline, type } = query;
  for (const name of type?.split(",").map((text) => text.trim()) ?? []) {
    if (TYPES.has(name)) continue;
    const meant = nearest(name, [...TYPES]);
    throw new SluiceError("InvalidInput", `There are no events of the type ${name.slice(0, 80)}`, {
      next: meant ? `Did you mean ${meant}?` : "The types are listed in docs/reference/events.md.",
    });
  }
  if (application !== undefined && pipeline !== undefined) {
    throw new SluiceError("InvalidInput", "Events are of an application or of a pipeline, not of both", {
      next: "Ask for one of the two.",
    });
  }
  const only = onlyOf(query);
  if (only === undefined) return;
  if (ports.views.get(only.type === "pipeline" ? "pipelines" : "applications", only.name)) return;
  for await (const _event of ports.ledger.read(only)) return;
  const [kind, command] = only.type === "pipeline" ? ["Pipeline", "pipeline"] : ["Application", "app"];
  throw new SluiceError("NotFound", `There is no ${kind} ${only.name}, and there was none`, {
    next: `List those there are with: sluice ${command} list`,
  });
}

/** Where to begin: after what the reader has, so many before the end, or now. */
async function startOf({ query, request }: Call<"listEvents">, { ledger }: ApiPorts): Promise<number> {
  const seen = request.headers["last-event-id"];
  if (typeof seen === "string" && seen !== "") {
    const sequence = Number(seen);
    if (Number.isSafeInteger(sequence) && sequence >= 0) return await within(ledger, sequence);
    throw new SluiceError("InvalidInput", "Last-Event-ID is not a ledger sequence");
  }
  if (query.after !== undefined) return await within(ledger, query.after);
  return Math.max(0, (await ledger.last()) - (query.last ?? 0));
}

/** A reader that has seen more than there is read another ledger, or one before it was restored, and would wait for long. */
async function within(ledger: ApiPorts["ledger"], sequence: number): Promise<number> {
  const last = await ledger.last();
  if (sequence <= last) return sequence;
  throw new SluiceError("InvalidInput", `The ledger ends at sequence ${last}, before ${sequence}`, {
    next: "Begin without it: what was read is of another ledger, or of this one before it was restored.",
  });
}

async function stream(
  { ledger }: ApiPorts,
  reply: FastifyReply,
  { after, wanted, aborter }: { after: number; wanted: Wanted; aborter: AbortController },
): Promise<void> {
  reply.hijack();
  const out = openStream(reply.raw, after, aborter);
  try {
    for await (const batch of ledger.follow({ after, signal: aborter.signal })) {
      await out.send(batch.events.filter(wanted).map(eventView), batch.sequence);
      if (aborter.signal.aborted) break;
    }
  } catch {
    // The reader comes back with Last-Event-ID: the end of the stream says all there is to say.
  } finally {
    out.close();
  }
}

async function list(
  { ledger }: ApiPorts,
  query: Call<"listEvents">["query"],
): Promise<{ items: EventView[]; continue?: string }> {
  const end = await ledger.last();
  const after = query.after ?? (query.last === undefined ? 0 : Math.max(0, end - query.last));
  const limit = query.limit ?? DEFAULT_LIMIT;
  const wanted = filterOf(query);
  const items: EventView[] = [];
  for await (const event of source(ledger, onlyOf(query), after, end)) {
    const last = items.at(-1);
    // A message's events stay together: the reader continues after its sequence.
    if (items.length >= limit && last && last.sequence !== event.sequence) {
      return { items, continue: String(last.sequence) };
    }
    if (wanted(event)) items.push(eventView(event));
  }
  return { items };
}

async function* source(
  ledger: ApiPorts["ledger"],
  only: AggregateRef | undefined,
  after: number,
  end: number,
): AsyncIterable<RecordedEvent> {
  if (after >= end) return;
  if (only !== undefined) {
    yield* ledger.read(only, { after });
    return;
  }
  const aborter = new AbortController();
  try {
    for await (const { events, sequence, caughtUp } of ledger.follow({ after, signal: aborter.signal })) {
      yield* events.filter((event) => event.sequence <= end);
      if (caughtUp || sequence >= end) return;
    }
  } finally {
    aborter.abort();
  }
}
