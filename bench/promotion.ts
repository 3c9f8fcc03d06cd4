import { applicationObject, changeOf, filesOf, nameOf } from "./applications.ts";
import type { Benchmark, Figure } from "./benchmark.ts";
import { BenchStack, pause } from "./stack.ts";
import { median, percentile } from "./statistics.ts";

const ROUNDS = 25;
/** Rounds before the measured ones. */
const WARMING = 3;
const PIPELINES = 200;
const WAIT_MS = 300_000;
/** Applications beside those of the pipelines: one that is synced by hand, and one of the first part, as each has one stage. */
const BY_HAND = PIPELINES;
const ALONE = PIPELINES + 1;

interface Promotion {
  promotion: string;
  pipeline: string;
  result?: string;
  requestedAt: string;
  startedAt?: string;
  endedAt?: string;
  targets: { application: string; operation: string }[];
}

/** What the machinery of promotions costs beside the syncs that it asks for. */
export const promotion: Benchmark = {
  name: "promotion",
  summary: `one release through a stage, beside a sync by hand; and through the stages of ${PIPELINES} pipelines at once`,
  async run({ progress }) {
    await using stack = await BenchStack.start();
    await addApplications(stack);
    await stack.apply([
      object("ReleaseSource", "bench", {
        project: "bench",
        creation: "Manual",
        interval: "1h",
        subscriptions: [{ name: "source", git: { repoURL: stack.repoURL, branch: "main" } }],
      }),
      pipelineOf("one", [ALONE], "never"),
    ]);
    progress(`${WARMING} + ${ROUNDS} releases through one stage, each beside a sync by hand`);
    const one = await oneByOne(stack);
    progress(`${PIPELINES} pipelines at once`);
    const all = await atOnce(stack);
    return [...one, ...all];
  },
};

/** Applications that only promotions and people sync. */
async function addApplications(stack: BenchStack): Promise<void> {
  const indices = Array.from({ length: ALONE + 1 }, (_, index) => index);
  await stack.commit(Object.assign({}, ...indices.map((index) => filesOf(index, "0"))) as Record<string, string>);
  await stack.apply(indices.map((index) => byHand(applicationObject(index, stack.repoURL, false))));
}

function byHand(application: object): object {
  const { spec, ...rest } = application as { spec: object };
  return { ...rest, spec: { ...spec, syncPolicy: {} } };
}

const object = (kind: string, name: string, spec: object): object => ({
  ...{ apiVersion: "sluice.dev/v1", kind },
  ...{ metadata: { name }, spec },
});

const pipelineOf = (name: string, indices: number[], automatic: string): object =>
  object("Pipeline", name, {
    project: "bench",
    releaseSource: "bench",
    stages: [{ name: "only", applications: { names: indices.map(nameOf) }, automatic }],
  });

async function release(stack: BenchStack): Promise<string> {
  return (await stack.post<{ release: string }>("/releasesources/bench/releases", {})).release;
}

async function oneByOne(stack: BenchStack): Promise<Figure[]> {
  const overhead: number[] = [];
  const begun: number[] = [];
  const whole: number[] = [];
  const hand: number[] = [];
  for (let round = -WARMING; round < ROUNDS; round += 1) {
    await stack.commit(changeOf(ALONE, `promoted-${round}`));
    await release(stack);
    const { promotion: id } = await stack.post<{ promotion: string }>("/pipelines/one/promotions", { stage: "only" });
    const ended = await end(stack, "one", id);
    const sync = await durationOf(stack, ended);
    await stack.commit(changeOf(BY_HAND, `by-hand-${round}`));
    const byHandMs = await syncByHand(stack, nameOf(BY_HAND));
    if (round < 0) continue;
    whole.push(between(ended.requestedAt, ended.endedAt));
    overhead.push(between(ended.requestedAt, ended.endedAt) - sync);
    begun.push(between(ended.requestedAt, ended.startedAt));
    hand.push(byHandMs);
  }
  return [
    { what: "a stage beyond its sync, p50", value: median(overhead), unit: "ms" },
    { what: "a stage beyond its sync, p99", value: percentile(overhead, 0.99), unit: "ms" },
    { what: "asked for -> its first step, p50", value: median(begun), unit: "ms" },
    { what: "asked for -> its first step, p99", value: percentile(begun, 0.99), unit: "ms" },
    { what: "a promotion to a sync by hand, p50", value: median(whole) / median(hand), unit: "x" },
  ];
}

/** One release that every pipeline takes at once, beside as many syncs by hand at once. */
async function atOnce(stack: BenchStack): Promise<Figure[]> {
  const names = Array.from({ length: PIPELINES }, (_, index) => `pipeline-${index}`);
  await stack.commit(Object.assign({}, ...names.map((_, index) => changeOf(index, "hand"))) as Record<string, string>);
  const handBegan = performance.now();
  await Promise.all(names.map((_, index) => syncByHand(stack, nameOf(index))));
  const handMs = performance.now() - handBegan;

  await stack.commit(Object.assign({}, ...names.map((_, index) => changeOf(index, "all"))) as Record<string, string>);
  await stack.apply(names.map((name, index) => pipelineOf(name, [index], "never")));
  const id = await release(stack);
  const began = performance.now();
  await Promise.all(
    names.map((name) => stack.post(`/pipelines/${name}/promotions`, { stage: "only", release: id.slice(0, 12) })),
  );
  const ended = await Promise.all(names.map((name) => end(stack, name)));
  const ms = performance.now() - began;
  const begun = ended.map(({ requestedAt, startedAt }) => between(requestedAt, startedAt));
  return [
    { what: `${PIPELINES} pipelines at once: stages per second`, value: (PIPELINES / ms) * 1_000, unit: "1/s" },
    { what: `${PIPELINES} pipelines at once to ${PIPELINES} syncs by hand at once`, value: ms / handMs, unit: "x" },
    { what: `${PIPELINES} pipelines at once: asked for -> first step, p50`, value: median(begun), unit: "ms" },
    {
      what: `${PIPELINES} pipelines at once: asked for -> first step, p99`,
      value: percentile(begun, 0.99),
      unit: "ms",
    },
  ];
}

/** The promotion once it has ended; the only one of the pipeline when none is named. */
async function end(stack: BenchStack, pipeline: string, id?: string): Promise<Promotion> {
  for (const limit = performance.now() + WAIT_MS; performance.now() < limit; await pause(id === undefined ? 500 : 10)) {
    const { items } = await stack.api<{ items: Promotion[] }>(`/promotions?pipeline=${pipeline}`);
    const found = items.find((one) => id === undefined || one.promotion === id);
    if (found?.result === "Succeeded") return found;
    if (found?.result !== undefined) throw new Error(`${found.promotion}: ${JSON.stringify(found)}`);
  }
  throw new Error(`the promotion of ${pipeline} did not end`);
}

/** Milliseconds that the sync of a promotion's one application took. */
async function durationOf(stack: BenchStack, { targets: [target] }: Promotion): Promise<number> {
  if (!target) throw new Error("a promotion without a target");
  const { durationMs } = await stack.api<{ durationMs: number }>(
    `/operations/${target.application}/${target.operation}`,
  );
  return durationMs;
}

/** Milliseconds from the request to the end, as the ledger has it. */
async function syncByHand(stack: BenchStack, name: string): Promise<number> {
  const { operation } = await stack.post<{ operation: string }>(`/applications/${name}/sync`, {});
  for (const limit = performance.now() + WAIT_MS; performance.now() < limit; await pause(20)) {
    const found = await stack
      .api<{ durationMs?: number; result: string }>(`/operations/${name}/${operation}`)
      .catch(() => undefined);
    if (found?.durationMs !== undefined) return found.durationMs;
  }
  throw new Error(`the sync of ${name} did not end`);
}

const between = (from: string, to: string | undefined): number => Date.parse(to ?? "") - Date.parse(from);
