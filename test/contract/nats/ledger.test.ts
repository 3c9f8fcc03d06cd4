import { jetstreamManager } from "@nats-io/jetstream";
import { headers as natsHeaders, nanos } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLedger, EMPTY_HEAD } from "../../../adapters/nats/ledger.ts";
import type { Head, Ledger } from "../../../adapters/nats/ledger.ts";
import { publish } from "../../../adapters/nats/publish.ts";
import { EVENTS_HEADER } from "../../../domain/ledger/record.ts";
import { LEDGER_STREAM, ledgerSubject } from "../../../schemas/ids.ts";
import { all, aMeta, anEvent, connected, someProject, eventually } from "./connected.ts";

let server: Awaited<ReturnType<typeof connected>>;
let ledger: Ledger;
beforeAll(async () => {
  server = await connected();
  ledger = createLedger(server.nc);
});
afterAll(() => server?.close());

const CONFLICT = { code: "LedgerConflict" };
const events = async (ref: ReturnType<typeof someProject>) => (await all(ledger.read(ref))).map(({ event }) => event);

describe("appending", () => {
  test("brings back what was written, in order, with its place", async () => {
    const ref = someProject();
    const first = await ledger.append(ref, EMPTY_HEAD, [anEvent("1"), anEvent("2")], aMeta("a"));
    const second = await ledger.append(ref, first, [anEvent("3")], aMeta("b"));
    expect(await ledger.head(ref)).toEqual(second);
    const read = await all(ledger.read(ref));
    expect(read.map(({ event }) => event)).toEqual([anEvent("1"), anEvent("2"), anEvent("3")]);
    expect(read.map(({ sequence, index }) => [sequence, index])).toEqual([
      [first.sequence, 0],
      [first.sequence, 1],
      [second.sequence, 0],
    ]);
    expect(read[0]).toMatchObject({ aggregate: ref, at: aMeta("a").at, actor: aMeta("a").actor, cause: "test" });
    expect(await all(ledger.read(ref, { after: first.sequence }))).toHaveLength(1);
  });

  test("of nothing writes nothing", async () => {
    const ref = someProject();
    expect(await ledger.append(ref, EMPTY_HEAD, [], aMeta("a"))).toEqual(EMPTY_HEAD);
    expect(await ledger.head(ref)).toEqual(EMPTY_HEAD);
  });

  test("on a head that has moved on is a conflict, and writes nothing", async () => {
    const ref = someProject();
    await ledger.append(ref, EMPTY_HEAD, [anEvent("1")], aMeta("a"));
    await expect(ledger.append(ref, EMPTY_HEAD, [anEvent("2")], aMeta("b"))).rejects.toMatchObject(CONFLICT);
    expect(await events(ref)).toEqual([anEvent("1")]);
  });

  test("by many at once lets exactly one win", async () => {
    const ref = someProject();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, writer) =>
        ledger.append(ref, EMPTY_HEAD, [anEvent(`${writer}`)], aMeta(`${writer}`)),
      ),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await events(ref)).toHaveLength(1);
  });

  test("tried again under the same message id is the same append", async () => {
    const ref = someProject();
    const first = await ledger.append(ref, EMPTY_HEAD, [anEvent("1")], aMeta("a"));
    const again = await ledger.append(ref, EMPTY_HEAD, [anEvent("1")], { ...aMeta("a"), at: "2026-02-02T00:00:00Z" });
    expect(again).toEqual({ ...first, earlier: true });
    expect(await events(ref)).toHaveLength(1);
  });

  test("is known again by what lies after the expected head, when the server remembers no id any more", async () => {
    const windowOf = (ms: number): Promise<unknown> =>
      jetstreamManager(server.nc).then(({ streams }) => streams.update(LEDGER_STREAM, { duplicate_window: nanos(ms) }));
    await windowOf(100);
    const [a, b] = [someProject(), someProject()];
    const both = () =>
      ledger.appendAll([a, b].map((ref) => ({ ref, expected: EMPTY_HEAD, events: [anEvent()], meta: aMeta("both") })));
    const heads = await both();
    const first = await ledger.append(a, heads[0] as Head, [anEvent("1")], aMeta("a"));
    await ledger.append(a, first, [anEvent("2")], aMeta("b"));
    const forgotten = async (): Promise<boolean> => {
      const headers = natsHeaders();
      headers.set("Nats-Msg-Id", `project/${a.name}/a`);
      headers.set("Nats-Expected-Last-Sequence", "999999999");
      // A remembered id is answered as a duplicate before anything is expected of the stream.
      const answer = await server.nc.request(ledgerSubject(someProject()), "", { headers, timeout: 5_000 });
      return answer.json<{ duplicate?: boolean }>().duplicate !== true;
    };
    await eventually(forgotten).toBe(true);
    expect(await ledger.append(a, heads[0] as Head, [anEvent("1")], aMeta("a"))).toEqual({ ...first, earlier: true });
    expect(await both()).toEqual(heads.map((head) => ({ ...head, earlier: true })));
    await expect(ledger.append(a, EMPTY_HEAD, [anEvent()], aMeta("c"))).rejects.toMatchObject(CONFLICT);
    expect(await events(a)).toHaveLength(3);
    await windowOf(600_000);
  });

  test("of the same message id to two aggregates writes to both", async () => {
    const [a, b] = [someProject(), someProject()];
    await ledger.append(a, EMPTY_HEAD, [anEvent("a")], aMeta("same"));
    await ledger.append(b, EMPTY_HEAD, [anEvent("b")], aMeta("same"));
    expect([await events(a), await events(b)]).toEqual([[anEvent("a")], [anEvent("b")]]);
  });

  test("of what fits no schema is refused before it is sent, and the values are not told", async () => {
    const ref = someProject();
    const bad = {
      type: "ProjectCreated",
      data: { spec: { description: { secret: "hunter2" } }, labels: {}, annotations: {} },
    };
    const error: unknown = await ledger
      .append(ref, EMPTY_HEAD, [bad as never], aMeta("a"))
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "Internal", problems: [{ path: "spec.description" }] });
    expect(JSON.stringify(error)).not.toContain("hunter2");
    await expect(
      ledger.append(ref, EMPTY_HEAD, [{ type: "SyncSucceeded", data: {} } as never], aMeta("b")),
    ).rejects.toMatchObject({ code: "Internal" });
    expect(await ledger.head(ref)).toEqual(EMPTY_HEAD);
  });

  test("does not record fields that the schema does not name", async () => {
    const ref = someProject();
    const { type, data } = anEvent() as { type: "ProjectCreated"; data: object };
    await ledger.append(ref, EMPTY_HEAD, [{ type, data: { ...data, token: "hunter2" } } as never], aMeta("a"));
    expect(await events(ref)).toEqual([anEvent()]);
  });

  test("to a name that is none, or of too much, is refused", async () => {
    for (const name of ["a.b", "*", ">", "", "A", "a b"]) {
      await expect(ledger.append({ type: "project", name }, EMPTY_HEAD, [anEvent()], aMeta("a"))).rejects.toMatchObject(
        {
          code: "InvalidInput",
        },
      );
    }
    const huge = anEvent("x".repeat(9_000_000));
    await expect(ledger.append(someProject(), EMPTY_HEAD, [huge], aMeta("a"))).rejects.toMatchObject({
      code: "PayloadTooLarge",
    });
  });
});

describe("appending to several aggregates", () => {
  const appendTo = (refs: ReturnType<typeof someProject>[], id: string, expected: Head = EMPTY_HEAD) =>
    ledger.appendAll(refs.map((ref) => ({ ref, expected, events: [anEvent(ref.name)], meta: aMeta(id) })));

  test("writes all, side by side", async () => {
    const refs = [someProject(), someProject(), someProject()];
    const heads = await appendTo(refs, "a");
    expect(heads).toEqual(await Promise.all(refs.map((ref) => ledger.head(ref))));
    expect((heads[2] as Head).sequence - (heads[0] as Head).sequence).toBe(2);
  });

  test("writes none when one has moved on, and says which", async () => {
    const refs = [someProject(), someProject(), someProject()];
    await ledger.append(refs[1] as never, EMPTY_HEAD, [anEvent()], aMeta("x"));
    await expect(appendTo(refs, "a")).rejects.toMatchObject({
      ...CONFLICT,
      message: expect.stringContaining(refs[1]?.name as string) as unknown,
    });
    expect(await ledger.head(refs[0] as never)).toEqual(EMPTY_HEAD);
    expect(await ledger.head(refs[2] as never)).toEqual(EMPTY_HEAD);
  });

  test("tried again is the same append", async () => {
    const refs = [someProject(), someProject()];
    const heads = await appendTo(refs, "a");
    expect(await appendTo(refs, "a")).toEqual(heads.map((head) => ({ ...head, earlier: true })));
    expect(await events(refs[0] as never)).toHaveLength(1);
  });

  test("takes up to 1,000, and refuses more or the same one twice", async () => {
    const refs = Array.from({ length: 1_000 }, someProject);
    expect(await appendTo(refs, "a")).toHaveLength(1_000);
    await expect(appendTo([...refs, someProject()], "b")).rejects.toMatchObject({ code: "InvalidInput" });
    const twice = someProject();
    await expect(appendTo([twice, twice], "c")).rejects.toMatchObject({ code: "Internal" });
  });

  test("passes over aggregates without events", async () => {
    const [a, b] = [someProject(), someProject()];
    const heads = await ledger.appendAll([
      { ref: a, expected: EMPTY_HEAD, events: [], meta: aMeta("a") },
      { ref: b, expected: EMPTY_HEAD, events: [anEvent()], meta: aMeta("a") },
    ]);
    expect(heads).toEqual([EMPTY_HEAD, await ledger.head(b)]);
  });

  test("of many batches at once lets one win for each aggregate they share", async () => {
    const shared = someProject();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, (_, writer) => appendTo([someProject(), shared], `${writer}`)),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await events(shared)).toHaveLength(1);
  });
});

describe("following", () => {
  test("yields everything after a sequence, then what comes, without a gap", async () => {
    const ref = someProject();
    const before = await ledger.last();
    let head = await ledger.append(ref, EMPTY_HEAD, [anEvent("1")], aMeta("1"));
    const ending = new AbortController();
    const seen: number[] = [];
    for await (const batch of ledger.follow({ after: before, signal: ending.signal })) {
      seen.push(...batch.events.map(({ sequence }) => sequence));
      expect(batch.sequence).toBe(seen.at(-1));
      if (!batch.caughtUp) continue;
      if (seen.length >= 5) break;
      head = await ledger.append(ref, head, [anEvent()], aMeta(`more-${seen.length}`));
    }
    expect(seen).toEqual([1, 2, 3, 4, 5].map((offset) => before + offset));
  });

  test("says at once that there is nothing new", async () => {
    const last = await ledger.last();
    for await (const batch of ledger.follow({ after: last, signal: AbortSignal.timeout(10_000) })) {
      expect(batch).toEqual({ events: [], sequence: last, caughtUp: true });
      break;
    }
  });

  test("ends with its signal", async () => {
    const ending = new AbortController();
    for await (const { caughtUp } of ledger.follow({ after: 0, signal: ending.signal })) {
      if (caughtUp) ending.abort();
    }
  });
});

describe("the stream", () => {
  test("refuses to delete and to purge, and to allow it again", async () => {
    const api = async (subject: string, body: object): Promise<unknown> =>
      (await server.nc.request(`$JS.API.STREAM.${subject}.${LEDGER_STREAM}`, JSON.stringify(body))).json();
    expect(await api("MSG.DELETE", { seq: 1 })).toMatchObject({ error: { code: 500 } });
    expect(await api("PURGE", {})).toMatchObject({ error: { code: 500 } });
    const { config } = (await api("INFO", {})) as { config: object };
    expect(await api("UPDATE", { ...config, deny_delete: false })).toMatchObject({ error: { code: 500 } });
    expect(await api("UPDATE", { ...config, deny_purge: false })).toMatchObject({ error: { code: 500 } });
  });

  test("names the events of a message in its header", async () => {
    const ref = someProject();
    const { sequence } = await ledger.append(
      ref,
      EMPTY_HEAD,
      [anEvent(), { type: "ProjectDeleted", data: {} }],
      aMeta("a"),
    );
    const answer = await server.nc.request(`$JS.API.DIRECT.GET.${LEDGER_STREAM}`, JSON.stringify({ seq: sequence }));
    expect(answer.headers?.get(EVENTS_HEADER)).toBe("ProjectCreated,ProjectDeleted");
  });
});

// Last: what it plants stays in the ledger.
describe("verifying", () => {
  test("walks every chain and finds nothing, then finds what was planted past the adapter", async () => {
    const ref = someProject();
    const head = await ledger.append(ref, EMPTY_HEAD, [anEvent("1")], aMeta("a"));
    expect(await ledger.verify(ref)).toEqual({ checked: 1, broken: [] });

    const record = { events: [{ type: "ProjectDeleted", v: 1, data: {} }], at: "", actor: aMeta("").actor, cause: "" };
    const planted = { ...record, prev: "f".repeat(64) };
    const subject = ledgerSubject(ref);
    await publish(server.nc, {
      subject,
      data: JSON.stringify(planted),
      headers: { [EVENTS_HEADER]: "ProjectDeleted" },
    });
    const { broken } = await ledger.verify(ref);
    expect(broken).toEqual([
      { subject, sequence: head.sequence + 1, message: expect.stringMatching(/^it follows f{12}/) as unknown },
    ]);
    const all = await ledger.verify();
    expect(all.checked).toBe(await ledger.last());
    expect(all.broken).toContainEqual(broken[0]);
  });
});
