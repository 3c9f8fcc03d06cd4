import { afterAll, beforeAll, expect, it } from "vitest";
import pino from "pino";
import { Registry } from "prom-client";
import { createAggregateStore } from "../../../adapters/nats/aggregate-store.ts";
import { createCredentials } from "../../../adapters/nats/credentials.ts";
import { acquireLease } from "../../../adapters/nats/leases.ts";
import { createLedger } from "../../../adapters/nats/ledger.ts";
import { createKeyring } from "../../../adapters/secrets/keyring.ts";
import { createViewStore } from "../../../adapters/views/store.ts";
import { toSluiceError } from "../../../schemas/errors.ts";
import { applyConfiguration } from "../../../services/api/apply.ts";
import { createInTurn } from "../../../services/api/in-turn.ts";
import { initialiseLedger } from "../../../services/api/initialise.ts";
import { startProjector } from "../../../services/projector/projector.ts";
import { application, CLUSTER, REPOSITORY } from "../../services/api/instance.ts";
import { connected } from "../nats/connected.ts";

/** Two replicas of the API on one ledger, each with views of its own. */

let nats: Awaited<ReturnType<typeof connected>>;
let replicas: Awaited<ReturnType<typeof replica>>[];
const closing: (() => unknown)[] = [];

async function replica(holder: string) {
  const nc = await nats.connect();
  const keyring = createKeyring([Buffer.alloc(32, 7)]);
  const ledger = createLedger(nc);
  const aggregates = createAggregateStore(ledger);
  await initialiseLedger({ aggregates, ledger }, { version: "test", now: new Date() });
  const views = createViewStore({ path: ":memory:" });
  const log = pino({ level: "silent" });
  const projector = await startProjector({ ledger, store: views, log, metrics: new Registry() });
  closing.push(
    () => projector.stop(),
    () => views.close(),
    () => nc.close(),
  );
  const ports = {
    ...{ views, projector, ledger, aggregates, credentials: createCredentials(nc, keyring) },
    digest: (text: string) => keyring.digest(text),
    jqProblem: async () => undefined,
    healthProblems: async () => [],
    gateProblem: async () => undefined,
    inTurn: createInTurn((options) => acquireLease(nc, "configuration", { ...options, holder, ttlMs: 10_000 })),
  };
  const request = { dryRun: false, actor: { kind: "user", name: "ada" } as const, now: () => new Date() };
  return async (text: string): Promise<string> =>
    await applyConfiguration(ports, { files: [{ file: "t.yaml", text }], ...request }).then(
      () => "applied",
      (thrown: unknown) => JSON.stringify(toSluiceError(thrown).problems ?? String(thrown)),
    );
}

beforeAll(async () => {
  nats = await connected();
  replicas = [await replica("one"), await replica("two")];
});
afterAll(async () => {
  for (const close of closing) await close();
  await nats?.close();
});

it("two applies at once, one on each, never make a circle of dependencies together", async () => {
  const [one, two] = replicas;
  if (!one || !two) throw new Error("there are two replicas");
  expect(await one([CLUSTER, REPOSITORY].join("---"))).toBe("applied");
  for (const round of Array.from({ length: 5 }, (_, at) => at)) {
    const [a, b] = [`a-${round}`, `b-${round}`];
    expect(await one([application(a), application(b)].join("---"))).toBe("applied");
    const answers = await Promise.all([
      one(application(a, `dependsOn: [{ application: ${b} }]`)),
      two(application(b, `dependsOn: [{ application: ${a} }]`)),
    ]);
    expect(answers.filter((answer) => answer === "applied")).toHaveLength(1);
    expect(answers.join("")).toContain("the dependencies form a cycle");
  }
});
