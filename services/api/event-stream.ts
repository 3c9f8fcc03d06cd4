import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { EventView } from "../../schemas/api/bodies.ts";

/** How often a stream without events says where it is, so that proxies keep it open and a reader resumes near the end. */
const HEARTBEAT_MS = 15_000;

/** An open stream of server-sent events. */
export interface EventStream {
  /** Sends events, all of whole ledger messages; `sequence` is how far the ledger was read. Resolves when the reader keeps up. */
  send(events: EventView[], sequence: number): Promise<void>;
  close(): void;
}

/**
 * Server-sent events on a response. The id of an event is its ledger sequence; of several in one message only the last carries it, so
 * that a reader cut off between them gets all of them again. Aborts when the reader goes away.
 */
export function openStream(response: ServerResponse, after: number, aborter: AbortController): EventStream {
  let position = after;
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    // The socket goes with the stream: kept alive, it would hold up the server's stop.
    connection: "close",
    "x-accel-buffering": "no",
    "x-content-type-options": "nosniff",
    "x-sluice-sequence": String(after),
  });
  response.write("retry: 1000\n\n");
  response.on("close", () => aborter.abort());
  response.on("error", () => aborter.abort());
  const heartbeat = setInterval(() => response.write(`: waiting\nid: ${position}\n\n`), HEARTBEAT_MS);
  const close = (): void => {
    clearInterval(heartbeat);
    if (!response.writableEnded) response.end();
  };
  return {
    async send(events, sequence) {
      const text = events.map((event, at) => frame(event, events[at + 1]?.sequence !== event.sequence)).join("");
      position = Math.max(position, sequence);
      if (text === "" || response.destroyed) return;
      if (!response.write(text)) await once(response, "drain", { signal: aborter.signal });
    },
    close,
  };
}

const frame = (event: EventView, last: boolean): string =>
  `${last ? `id: ${event.sequence}\n` : ""}data: ${JSON.stringify(event)}\n\n`;
