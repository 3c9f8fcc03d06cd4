import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { GitFixture } from "../../adapters/embedded/index.ts";
import type { AnyObject } from "../../adapters/embedded/kubernetes/api-client.ts";
import { application, configMap } from "../fixtures/configuration.ts";
import { natsOf } from "../fixtures/embedded-process.ts";
import { hook, inWave, jobsIn, runOf } from "../fixtures/hooks.ts";
import { checkLedger, type AcceptedWebhook } from "../fixtures/ledger-checker.ts";
import { seededRandom, seedOfRun } from "../fixtures/seeded-random.ts";
import { Stack, until } from "../fixtures/stack.ts";

/** kill -9 of the server at random instants of syncs with waves and hooks: the order holds, and each hook runs once per sync. */

const RUNS = 6;
/** A sync takes about this long: hooks are Jobs whose pods run for a moment. */
const LATEST_KILL_MS = 4_000;
const seed = seedOfRun("kill-waves");

let stack: Stack;
let git: GitFixture;

beforeAll(async () => {
  stack = await Stack.start();
  await stack.prepare();
  const { url: repoURL, fixture } = await stack.addRepository("apps");
  git = fixture;
  const first = await commit("0");
  await stack.apply(application("waved", { repoURL, path: "waved" }));
  await stack.deployed("waved", first);
}, 240_000);
afterAll(() => stack?.stop());

/** The hooks have generated names, so that each run of one leaves a Job of its own. */
const commit = (version: string): Promise<string> =>
  git.commit(
    {
      "waved/check.yaml": hook("check", "PreSync", { generated: true }),
      "waved/migrate.yaml": hook("migrate", "PreSync", { generated: true, wave: 1, takes: "500ms" }),
      "waved/first.yaml": inWave(-1, configMap("first", { version })),
      "waved/second.yaml": configMap("second", { version }),
      "waved/third.yaml": inWave(2, configMap("third", { version })),
      "waved/tell.yaml": hook("tell", "PostSync", { generated: true }),
    },
    `version ${version}`,
  );

const HOOKS = ["check", "migrate", "tell"];
/** Revisions of the store: what was written later has the greater one. */
const written = ({ metadata }: AnyObject): number => Number(metadata.resourceVersion);
const map = async (name: string): Promise<AnyObject> =>
  (await stack.cluster().request(`/api/v1/namespaces/waved/configmaps/${name}`)).body;

/** Jobs of an operation by hook; several of one hook mean that it ran more than once. */
async function hooksOf(operation: string): Promise<Record<string, AnyObject[]>> {
  const jobs = (await jobsIn(stack, "waved")).filter((job) => runOf(job).startsWith(`${operation}/`));
  return Object.fromEntries(
    HOOKS.map((name) => [name, jobs.filter(({ metadata }) => String(metadata.name).startsWith(`${name}-`))]),
  );
}

it(`${RUNS} runs: phases and waves keep their order, and each hook runs once`, { timeout: 300_000 }, async () => {
  const random = seededRandom(seed);
  const accepted: AcceptedWebhook[] = [];
  for (let run = 1; run <= RUNS; run++) {
    const revision = await commit(String(run));
    accepted.push(await stack.deliver("apps"));
    const delayMs = random.int(LATEST_KILL_MS);
    process.stdout.write(`  run ${run}: server killed ${delayMs} ms after the webhook\n`);
    await sleep(delayMs);
    stack.server.kill();
    await stack.server.whenReady();
    const { last } = (await stack.deployed("waved", revision, 90_000)).status;
    expect(last?.result).toBe("Succeeded");

    const hooks = await hooksOf(last!.id);
    for (const name of HOOKS) expect(hooks[name], `${name} of run ${run}`).toHaveLength(1);
    const [check, migrate, tell] = HOOKS.map((name) => hooks[name]![0]!);
    const maps = await Promise.all(["first", "second", "third"].map(map));
    expect(maps.map(({ data }) => data.version)).toEqual([String(run), String(run), String(run)]);
    const order = [check!, migrate!, ...maps, tell!].map(written);
    expect(order, `order of run ${run}`).toEqual(order.toSorted((a, b) => a - b));
    const done = (job: AnyObject): number => Date.parse(job.status.completionTime);
    expect(done(check!)).toBeLessThanOrEqual(Date.parse(migrate!.metadata.creationTimestamp));
    expect(done(migrate!)).toBeLessThanOrEqual(Date.parse(tell!.metadata.creationTimestamp));
  }
  const checked = await until("the end of every operation", async () => {
    const ledger = await checkLedger(await natsOf(stack.playground.dataDir), accepted);
    if (ledger.open.length > 0) throw new Error(`still open: ${ledger.open.join(", ")}`);
    return ledger;
  });
  expect(checked.problems).toEqual([]);
});
