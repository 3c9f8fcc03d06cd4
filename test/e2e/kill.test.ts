import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureTools, TOOL_NAMES } from "../../adapters/toolchain/index.ts";
import type { SupervisedProcess } from "../../adapters/embedded/index.ts";
import {
  chaosApplications,
  chaosConfiguration,
  commitVersion,
  converged,
  seededRuns,
  type ChaosWorld,
  type Victim,
} from "../fixtures/chaos-runs.ts";
import { natsOf, pidOf, signalEmbedded, type EmbeddedName } from "../fixtures/embedded-process.ts";
import { checkLedger } from "../fixtures/ledger-checker.ts";
import { seedOfRun } from "../fixtures/seeded-random.ts";
import { type SplitServer, startSplitServer } from "../fixtures/split-server.ts";
import { Stack, until, WEBHOOK_SECRET } from "../fixtures/stack.ts";
import { deliverWebhook } from "../fixtures/webhook-sender.ts";

/**
 * kill -9 of each process at random instants of syncs. First `sluice server` with NATS and Temporal below it, then, on the same
 * data, the roles in two processes over external servers. Runs with the same seed draw the same victims and instants.
 */

const RUNS_IN_ONE_PROCESS = Number(process.env["SLUICE_KILL_RUNS"] ?? 22);
const RUNS_SPLIT = Number(process.env["SLUICE_KILL_RUNS"] ?? 30);
const seed = seedOfRun("kill");

let stack: Stack;
let world: ChaosWorld;
let uids: Record<string, string>;

const repoURL = (): string => `${stack.git.url}/apps.git`;

beforeAll(async () => {
  stack = await Stack.start({ controllers: false });
  await stack.prepare();
  const { fixture: git } = await stack.addRepository("apps");
  world = { stack, git, desired: new Map(), accepted: [], deliver: () => stack.deliver("apps") };
  await commitVersion(world, chaosApplications(), "0", false);
  await stack.apply(...chaosConfiguration(repoURL()));
  await converged(world, chaosApplications(), "first sync");
  uids = await uidsOfObjects();
});

afterAll(() => stack?.stop());

/** Uids of the objects that are never pruned: whoever deletes and makes one anew is seen. */
async function uidsOfObjects(): Promise<Record<string, string>> {
  const { body } = await stack.cluster().request("/api/v1/configmaps?labelSelector=sluice.dev%2Fapplication");
  const items = body.items as { metadata: { namespace: string; name: string; uid: string } }[];
  return Object.fromEntries(
    items
      .filter(({ metadata }) => metadata.name !== "extra")
      .map(({ metadata: { namespace, name, uid } }) => [`${namespace}/${name}`, uid]),
  );
}

const supervised = (name: string, process: SupervisedProcess): Victim => ({
  name,
  kill: () => process.kill(),
  back: () => process.whenReady(),
});

const apiServer = (): Victim => supervised("kube-apiserver", stack.cluster().processes["kube-apiserver"]!);

/** NATS or Temporal below `sluice server`, which starts it again by itself. */
function embedded(name: EmbeddedName): Victim {
  const { dataDir } = stack.playground;
  let killed = 0;
  return {
    name,
    kill: async () => {
      killed = await signalEmbedded(dataDir, name, "SIGKILL");
    },
    back: async () => {
      await until(`${name} to be started again`, async () => {
        const pid = await pidOf(dataDir, name);
        return pid !== undefined && pid !== killed;
      });
      await until("the server to be ready", async () => (await fetch(`${stack.url}/readyz`)).ok);
    },
  };
}

async function nothingWasLost(nats: { url: string; user?: string; pass?: string }): Promise<void> {
  await converged(world, chaosApplications(), "at the end");
  const checked = await until("the end of every operation", async () => {
    const ledger = await checkLedger(nats, world.accepted);
    if (ledger.open.length > 0) throw new Error(`still open: ${ledger.open.join(", ")}`);
    return ledger;
  });
  expect(checked.problems).toEqual([]);
  expect(await uidsOfObjects()).toEqual(uids);
  for (const name of chaosApplications()) {
    const failed = checked.events.filter(({ event }) => event.type === "SyncFailed");
    expect(failed.map(({ event }) => event.data)).toEqual([]);
    expect((await stack.application(name)).status.sync.status, name).toBe("Synced");
  }
  const { body: verified } = await stack.api("POST", "/ledger/verify");
  expect(verified).toMatchObject({ broken: [] });
  const { body: rebuilt } = await stack.api("POST", "/ledger/rebuild");
  expect(rebuilt).toMatchObject({ identical: true });
}

describe("sluice server in one process", () => {
  it(`${RUNS_IN_ONE_PROCESS} runs: server, NATS, Temporal or API server killed, nothing is lost`, async () => {
    const server = supervised("server", stack.server);
    const victims = [server, embedded("nats-server"), embedded("temporal"), apiServer()];
    await seededRuns(world, { seed, runs: RUNS_IN_ONE_PROCESS, victims, onRun: say });
    await nothingWasLost(await natsOf(stack.playground.dataDir));
  });
});

describe("roles in two processes", () => {
  let split: SplitServer;

  beforeAll(async () => {
    await stack.server.stop({ graceMs: 25_000 });
    const tools = await ensureTools(TOOL_NAMES);
    split = await startSplitServer({ root: join(stack.root, "split"), dataDir: stack.playground.dataDir, tools });
    stack.playground.url = split.url;
    world.deliver = () =>
      deliverWebhook({ url: split.url, repository: "apps", repoURL: repoURL(), secret: WEBHOOK_SECRET });
  });

  afterAll(() => split?.stop());

  it(`${RUNS_SPLIT} runs: front, worker, NATS, Temporal or API server killed, nothing is lost`, async () => {
    const victims = [
      supervised("front", split.front),
      supervised("worker", split.back),
      supervised("nats-server", split.nats.process),
      supervised("temporal", split.temporal.process),
      apiServer(),
    ];
    await seededRuns(world, { seed: seed + 1, runs: RUNS_SPLIT, victims, onRun: say });
    const { user, pass } = split.nats.connection;
    await nothingWasLost({ url: split.nats.url, user, pass });
  });
});

/** What happened, in the log of the run, so that a failure can be read. */
function say(line: string): void {
  process.stdout.write(`  ${new Date().toISOString().slice(11, 23)} ${line}\n`);
}
