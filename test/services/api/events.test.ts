import { once } from "node:events";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { readEvents, type ServerEvent } from "../../../services/cli/server-events.ts";
import { apiInstance, application, CLUSTER, TOKEN } from "./instance.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function listening() {
  const instance = await apiInstance();
  await instance.app.listen({ host: "127.0.0.1", port: 0 });
  closing.push(() => instance.app.close());
  const { port } = instance.app.server.address() as AddressInfo;
  const open = async (path: string, headers: object = {}) => {
    const aborter = new AbortController();
    const response = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
      headers: { authorization: `Bearer ${TOKEN}`, accept: "text/event-stream", ...headers },
      signal: aborter.signal,
    });
    const iterator = readEvents(response, aborter.signal)[Symbol.asyncIterator]();
    const take = async (count: number): Promise<ServerEvent[]> => {
      const taken: ServerEvent[] = [];
      while (taken.length < count) {
        const { value, done } = await iterator.next();
        if (done) break;
        if (value.data) taken.push(value);
      }
      return taken;
    };
    return { response, take, stop: () => aborter.abort() };
  };
  return { ...instance, open };
}

describe("events", () => {
  it.each(["*", ">", "web.>", "we*", "a.b", ""])("of the application %j are refused: it is no name", async (name) => {
    const { call } = await listening();
    expect((await call("GET", `/events?application=${encodeURIComponent(name)}`)).status).toBe(422);
  });

  it("list the ledger with filters, whole messages together", async () => {
    const { apply, call } = await listening();
    await apply([CLUSTER, application("web"), application("cart")].join("---"));
    const all = (await call("GET", "/events")).body as { items: { type: string; sequence: number }[] };
    expect(all.items.map(({ type }) => type)).toEqual([
      "SystemInitialised",
      "ProjectCreated",
      "ClusterCreated",
      "ApplicationCreated",
      "ApplicationCreated",
    ]);
    const some = (await call("GET", "/events?type=ClusterCreated,ProjectCreated")).body as typeof all;
    expect(some.items.map(({ type }) => type)).toEqual(["ProjectCreated", "ClusterCreated"]);
    const web = (await call("GET", "/events?application=web")).body as typeof all;
    expect(web.items).toMatchObject([{ aggregate: { type: "application", name: "web" } }]);
    expect((await call("GET", "/events?last=1")).body).toMatchObject({
      items: [{ sequence: all.items.at(-1)!.sequence }],
    });
    const first = (await call("GET", "/events?limit=2")).body as typeof all & { continue: string };
    const rest = (await call("GET", `/events?after=${first.continue}`)).body as typeof all;
    expect([...first.items, ...rest.items]).toEqual(all.items);
  });

  it("stream on from where the reader was, filtered, without a gap or a double", async () => {
    const { apply, open, ports } = await listening();
    const seen = await ports.ledger.last();
    await apply(CLUSTER);
    const stream = await open("/events", { "last-event-id": String(seen) });
    expect(stream.response.headers.get("content-type")).toContain("text/event-stream");
    expect(await stream.take(1)).toMatchObject([{ id: seen + 1, data: { type: "ClusterCreated" } }]);
    await apply(application("web"));
    const [event] = await stream.take(1);
    expect(event).toMatchObject({ data: { type: "ApplicationCreated" } });
    stream.stop();
    await apply(application("cart"));
    await apply(application("docs"));
    const again = await open("/events?application=docs", { "last-event-id": String(event!.id) });
    expect(await again.take(1)).toMatchObject([{ data: { aggregate: { name: "docs" } } }]);
    again.stop();
  });

  it("without Last-Event-ID begin now", async () => {
    const { apply, open } = await listening();
    const stream = await open("/events");
    await apply(CLUSTER);
    expect(await stream.take(1)).toMatchObject([{ data: { type: "ClusterCreated" } }]);
    stream.stop();
  });

  it("of one message carry the id on the last only, so that a reader cut off between them gets them all", async () => {
    const { open, record, ports } = await listening();
    const after = await ports.ledger.last();
    record({
      ref: { type: "application", name: "web" },
      expected: { sequence: 0, hash: "" },
      events: [
        { type: "DriftResolved", data: { inventory: "a" } },
        { type: "DriftResolved", data: { inventory: "b" } },
      ],
      meta: { at: "2026-01-01T00:00:00Z", actor: { kind: "system", name: "test" }, cause: "c", messageId: "m" },
    });
    const stream = await open(`/events?after=${after}`);
    expect((await stream.take(2)).map(({ id }) => id)).toEqual([undefined, after + 1]);
    stream.stop();
  });

  it("end when the server stops, and leave no follower behind", async () => {
    const { open, app } = await listening();
    const stream = await open("/events");
    await app.close();
    expect(await stream.take(1)).toEqual([]);
  });

  it("and connections without a request do not hold up the stop; a request in flight is answered", async () => {
    const { app, ports } = await listening();
    const { port } = app.server.address() as AddressInfo;
    const silent = connect(port, "127.0.0.1");
    await once(silent, "connect");
    let release: (value: number) => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      ports.ledger.last = () => {
        resolve();
        return new Promise((answer) => (release = answer));
      };
    });
    const inFlight = fetch(`http://127.0.0.1:${port}/api/v1/events`, { headers: { authorization: `Bearer ${TOKEN}` } });
    await asked;
    const ended = once(silent, "close");
    const closed = app.close();
    await ended;
    release(0);
    expect((await inFlight).status).toBe(200);
    await closed;
  });

  it("refuse a position that is none", async () => {
    const { call } = await listening();
    const answer = await call("GET", "/events", undefined, { accept: "text/event-stream", "last-event-id": "x" });
    expect(answer.status).toBe(422);
  });
});
