import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AddressInfo } from "node:net";
import pino from "pino";
import { Registry } from "prom-client";
import { createAggregateStore } from "../../../adapters/nats/aggregate-store.ts";
import { createBlobs } from "../../../adapters/nats/blobs.ts";
import { createCredentials } from "../../../adapters/nats/credentials.ts";
import { createIntake } from "../../../adapters/nats/intake.ts";
import { createLedger, type Ledger } from "../../../adapters/nats/ledger.ts";
import { createKeyring } from "../../../adapters/secrets/keyring.ts";
import { maskObject } from "../../../adapters/secrets/objects.ts";
import { createViewStore } from "../../../adapters/views/store.ts";
import { LEDGER_STREAM } from "../../../schemas/ids.ts";
import { createApi } from "../../../services/api/app.ts";
import { createInTurn } from "../../../services/api/in-turn.ts";
import { initialiseLedger } from "../../../services/api/initialise.ts";
import { readEvents } from "../../../services/cli/server-events.ts";
import { type Projector, startProjector } from "../../../services/projector/projector.ts";
import { connected } from "../nats/connected.ts";
import { application, CLUSTER, REPOSITORY, TOKEN } from "../../services/api/instance.ts";

let nats: Awaited<ReturnType<typeof connected>>;
let ledger: Ledger;
let projector: Projector;
let app: ReturnType<typeof createApi>;
let server: string;
const logged: string[] = [];
const closing: (() => unknown)[] = [];

beforeAll(async () => {
  nats = await connected();
  const { nc } = nats;
  const keyring = createKeyring([Buffer.alloc(32, 7)]);
  const log = pino({ level: "trace" }, { write: (line: string) => void logged.push(line) });
  const metrics = new Registry();
  ledger = createLedger(nc);
  const aggregates = createAggregateStore(ledger);
  // Two processes start at once on an empty ledger.
  await Promise.all([1, 2].map(() => initialiseLedger({ aggregates, ledger }, { version: "test", now: new Date() })));
  const store = createViewStore({ path: ":memory:" });
  projector = await startProjector({ ledger, store, log, metrics });
  app = createApi({
    views: store,
    projector,
    ledger,
    aggregates,
    blobs: createBlobs(nc),
    credentials: createCredentials(nc, keyring),
    intake: createIntake(nc),
    digest: (text) => keyring.digest(text),
    mask: (object) => maskObject(object, keyring),
    notifications: { deliver: async () => undefined },
    compare: async () => ({ revision: "0".repeat(40), objects: [] }),
    actions: async () => [],
    healthProblems: async () => [],
    gateProblem: async () => undefined,
    jqProblem: async () => undefined,
    inTurn: createInTurn(async () => ({ release: async () => undefined })),
    renderUpload: async () => ({ local: "b".repeat(64), objects: 0 }),
    breakGlass: {
      checkCommit: async () => undefined,
      diff: async () => ({ revision: "", files: [], skipped: [], added: [] }),
    },
    lookAtSource: async () => ({ failures: {}, sequence: 0 }),
    orphans: async () => ({ items: [], unread: [], truncated: false, warn: false }),
    clusterState: () => undefined,
    checkRepository: async () => 0,
    decide: async () => ({ sequence: 0, news: false }),
    stageProgress: async () => undefined,
    previewPromotion: async () => ({ blob: "difference" }),
    seals: keyring,
    why: async (application) => ({ application, standing: "AsDesired", causes: [] }),
    doctor: async () => [],
    rebuild: async () => ({ events: 0, sequence: 0, durationMs: 0, identical: true }),
    tokens: [{ name: "admin", token: TOKEN }],
    version: "test",
    log,
    metrics,
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  server = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/api/v1`;
  closing.push(
    () => app.close(),
    () => projector.stop(),
    () => store.close(),
  );
});
afterAll(async () => {
  for (const close of closing) await close();
  await nats?.close();
});

const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };

async function apply(text: string) {
  const body = JSON.stringify({ files: [{ file: "t.yaml", text }] });
  const response = await fetch(`${server}/apply`, { method: "POST", headers, body });
  return { status: response.status, sequence: response.headers.get("x-sluice-sequence")!, text: await response.text() };
}

const get = (path: string, sequence?: string) =>
  fetch(`${server}${path}`, {
    headers: { ...headers, ...(sequence !== undefined && { "x-sluice-sequence": sequence }) },
  });

describe("the API on a real ledger", () => {
  it("two first starts at once write the first facts once, the default project among them", async () => {
    const project = await get("/projects/default", String(await ledger.last()));
    expect(await project.json()).toMatchObject({ spec: { sourceRepos: ["*"] } });
    const { items } = (await (await get("/events")).json()) as { items: { type: string }[] };
    expect(items.map(({ type }) => type)).toEqual(["SystemInitialised", "ProjectCreated"]);
  });

  it("an apply of many is one atomic append, and what is read with its sequence includes it", async () => {
    const names = Array.from({ length: 200 }, (_, at) => `app-${at}`);
    const applied = await apply([CLUSTER, REPOSITORY, ...names.map((name) => application(name))].join("---"));
    expect(applied.status).toBe(200);
    for (const name of ["app-0", "app-199"]) {
      expect((await get(`/applications/${name}`, applied.sequence)).status).toBe(200);
    }
    expect(await ledger.verify()).toMatchObject({ broken: [] });
  });

  it("one bad object leaves the ledger as it was", async () => {
    const before = await ledger.last();
    const refused = await apply([application("good"), application("bad", "project: none")].join("---"));
    expect(refused.status).toBe(422);
    expect(await ledger.last()).toBe(before);
  });

  it("applies of the same objects at once all end, and the ledger holds each change once", async () => {
    const before = await ledger.last();
    const text = ["a", "b", "c"].map((name) => application(`race-${name}`)).join("---");
    const answers = await Promise.all(Array.from({ length: 8 }, () => apply(text)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(await ledger.last()).toBe(before + 3);
    const results = answers.map(
      ({ text: body }) => (JSON.parse(body) as { objects: { result: string }[] }).objects[0]!.result,
    );
    expect(results.filter((result) => result === "created")).toHaveLength(1);
    expect(results.filter((result) => result === "unchanged")).toHaveLength(7);
  });

  it("a stream that breaks off again and again loses nothing and doubles nothing", async () => {
    const after = await ledger.last();
    const wanted = Array.from({ length: 30 }, (_, at) => `stream-${at}`);
    const seen: string[] = [];
    let last = after;
    const reading = (async () => {
      while (seen.length < wanted.length) {
        const aborter = new AbortController();
        const response = await fetch(`${server}/events?type=ApplicationCreated`, {
          headers: { ...headers, accept: "text/event-stream", "last-event-id": String(last) },
          signal: aborter.signal,
        });
        let taken = 0;
        for await (const { id, data } of readEvents(response, aborter.signal)) {
          if (data) seen.push(data.aggregate.name);
          if (id !== undefined) last = id;
          taken += data ? 1 : 0;
          if (taken >= 4 || seen.length >= wanted.length) break;
        }
        aborter.abort();
      }
    })();
    for (const name of wanted) expect((await apply(application(name))).status).toBe(200);
    await reading;
    expect(seen).toEqual(wanted);
  });

  it("a command is on disk in the intake when it is accepted", async () => {
    const sync = await fetch(`${server}/applications/app-1/sync`, { method: "POST", headers, body: "{}" });
    expect(sync.status).toBe(202);
    const { operation } = (await sync.json()) as { operation: string };
    const manager = await (await import("@nats-io/jetstream")).jetstreamManager(nats.nc);
    const message = await manager.streams.getMessage("SLUICE_INTAKE", { last_by_subj: "sluice.intake.command.app-1" });
    expect(message?.json()).toMatchObject({ command: "sync", application: "app-1", operation });
  });

  it("no secret stands readable in an answer, the ledger, the credential bucket or the log", async () => {
    const manager = await (await import("@nats-io/jetstream")).jetstreamManager(nats.nc);
    const texts: string[] = [logged.join("")];
    for (const stream of [LEDGER_STREAM, "KV_sluice-credentials"]) {
      const { state } = await manager.streams.info(stream);
      expect(state.messages).toBeGreaterThan(0);
      for (let sequence = state.first_seq; sequence <= state.last_seq; sequence += 1) {
        texts.push((await manager.streams.getMessage(stream, { seq: sequence }).catch(() => null))?.string() ?? "");
      }
    }
    for (const path of ["/clusters", "/clusters/staging", "/repositories/shop", "/events"])
      texts.push(await (await get(path)).text());
    expect(texts.join("\n")).toContain("credentialsDigest");
    expect(texts.filter((text) => text.includes("CANARY"))).toEqual([]);
  });
});
