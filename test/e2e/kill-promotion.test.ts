import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { GitFixture, SupervisedProcess } from "../../adapters/embedded/index.ts";
import { ensureTools, TOOL_NAMES } from "../../adapters/toolchain/index.ts";
import type { PromotionView } from "../../schemas/promotion-views.ts";
import type { Victim } from "../fixtures/chaos-runs.ts";
import { configMap } from "../fixtures/configuration.ts";
import { type EmbeddedName, natsOf, pidOf, signalEmbedded } from "../fixtures/embedded-process.ts";
import { checkPromotions } from "../fixtures/promotion-checker.ts";
import { makeRelease, pipeline, promoted, releaseSource } from "../fixtures/promotions.ts";
import { type SeededRandom, seededRandom, seedOfRun } from "../fixtures/seeded-random.ts";
import { type SplitServer, startSplitServer } from "../fixtures/split-server.ts";
import { Stack, until } from "../fixtures/stack.ts";

/** kill -9 at random instants of promotions and approvals: no step is lost, none done twice, and never prod before staging. */

const IN_ONE_PROCESS = 9;
const SPLIT = 9;
/** A release takes about this long through both stages; so the kills fall into every step of it. */
const LATEST_KILL_MS = 3_000;
const PATIENCE_MS = 120_000;
const seed = seedOfRun("kill-promotion");
const APPLICATIONS = ["shop-staging", "shop-eu", "shop-us"];

let stack: Stack;
let git: GitFixture;
let repoURL: string;
let nats: () => Promise<{ url: string; user?: string; pass?: string }>;
let version = 0;

beforeAll(async () => {
  stack = await Stack.start({ controllers: false });
  await stack.prepare();
  nats = () => natsOf(stack.playground.dataDir);
  ({ url: repoURL, fixture: git } = await stack.addRepository("shop"));
  const people = { name: "people", approval: { people: ["admin"], allowSelfApproval: true } };
  const admin = { apiVersion: "sluice.dev/v1", kind: "Account", metadata: { name: "admin" }, spec: { role: "admin" } };
  await stack.apply(
    admin,
    ...APPLICATIONS.map((name) => promoted(name, repoURL, "app")),
    releaseSource("shop", repoURL),
    pipeline("shop", "shop", [
      { name: "staging", applications: { names: ["shop-staging"] }, automatic: "newest" },
      {
        name: "prod",
        applications: { names: ["shop-eu", "shop-us"] },
        waves: [{ names: ["shop-eu"] }, {}],
        automatic: "newestVerified",
        gates: [people],
      },
    ]),
  );
}, 240_000);
afterAll(() => stack?.stop());

/** As often as it takes: whoever is not answered clicks again. */
async function approve(release: string): Promise<void> {
  await until(
    `the approval of ${release}`,
    async () => {
      const { body } = await stack.api<{ items: PromotionView[] }>("GET", "/promotions?pipeline=shop&stage=prod");
      const found = body.items.find((one) => one.release === release);
      if (!found?.difference) return false;
      if (found.approvals.length > 0 || found.phase !== "Waiting") return true;
      const path = `/pipelines/shop/promotions/${found.promotion}/approve`;
      const yes = { gate: "people", difference: found.difference.digest };
      // A double click.
      const answers = await Promise.all([stack.api("POST", path, yes), stack.api("POST", path, yes)]);
      return answers.some(({ status }) => status === 200);
    },
    PATIENCE_MS,
  );
}

async function run(random: SeededRandom, victims: readonly Victim[], index: number): Promise<void> {
  version += 1;
  const commit = await git.commit({ "app/map.yaml": configMap("map", { version: String(version) }) }, `v${version}`);
  const { release } = await makeRelease(await nats(), "shop", { repoURL, commit });
  const victim = random.pick(victims);
  const delayMs = random.int(LATEST_KILL_MS);
  process.stdout.write(`  run ${index}: ${victim.name} killed ${delayMs} ms after ${release.slice(0, 7)}\n`);
  const approved = approve(release);
  approved.catch(() => undefined);
  await sleep(delayMs);
  await victim.kill();
  await victim.back();
  await approved;
  for (const name of APPLICATIONS) await stack.deployed(name, commit, PATIENCE_MS);
  await until(
    `the end of ${release}`,
    async () => {
      const { body } = await stack.api<{ items: PromotionView[] }>("GET", "/promotions?pipeline=shop");
      const all = body.items.filter((one) => one.release === release);
      return all.length === 2 && all.every(({ result }) => result === "Succeeded");
    },
    PATIENCE_MS,
  );
}

const supervised = (name: string, process: SupervisedProcess): Victim => ({
  name,
  kill: () => process.kill(),
  back: () => process.whenReady(),
});

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

const TIME = { timeout: 900_000 };

test(`${IN_ONE_PROCESS} runs: server, NATS or Temporal killed`, TIME, async () => {
  const random = seededRandom(seed);
  const victims = [supervised("server", stack.server), embedded("nats-server"), embedded("temporal")];
  for (let index = 1; index <= IN_ONE_PROCESS; index += 1) await run(random, victims, index);
  const checked = await checkPromotions(await nats(), "shop", APPLICATIONS);
  expect(checked.problems).toEqual([]);
  expect(checked.succeeded).toBe(2 * version);
});

describe("roles in two processes", () => {
  let split: SplitServer;
  beforeAll(async () => {
    await stack.server.stop({ graceMs: 25_000 });
    const tools = await ensureTools(TOOL_NAMES);
    split = await startSplitServer({ root: join(stack.root, "split"), dataDir: stack.playground.dataDir, tools });
    stack.playground.url = split.url;
    const { user, pass } = split.nats.connection;
    nats = async () => ({ url: split.nats.url, user, pass });
  }, 240_000);
  afterAll(() => split?.stop());

  test(`${SPLIT} runs: API, worker, NATS or Temporal killed`, TIME, async () => {
    const random = seededRandom(seed + 1);
    const victims = [
      supervised("front", split.front),
      supervised("worker", split.back),
      supervised("worker", split.back),
      supervised("nats-server", split.nats.process),
      supervised("temporal", split.temporal.process),
    ];
    for (let index = 1; index <= SPLIT; index += 1) await run(random, victims, index);
    const checked = await checkPromotions(await nats(), "shop", APPLICATIONS);
    expect(checked.problems).toEqual([]);
    expect(checked.succeeded).toBe(2 * version);
  });
});
