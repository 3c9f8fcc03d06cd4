import type { Benchmark, Figure } from "./benchmark.ts";
import { grow, pushOne, type Fleet } from "./fleet.ts";
import { cpuBetween, cpuOf, type Cpu } from "./processes.ts";
import { BenchStack, pause } from "./stack.ts";

const BUDGETS: [size: number, nothing: string][] = [
  [100, "0.1 CPU-s"],
  [500, "0.5 CPU-s"],
];
/** The kernel counts CPU in hundredths of a second, so one commit alone would say little. */
const COMMITS = 20;

/** CPU of commits, from /proc, with what an idle machine uses taken off. */
export const cost: Benchmark = {
  name: "cost",
  summary: "CPU-seconds of a commit to one application and of one that changes none, with 100 and 500 applications",
  async run({ progress }) {
    await using stack = await BenchStack.start();
    const fleet: Fleet = { stack, size: 0 };
    const figures: Figure[] = [];
    for (const [size, nothing] of BUDGETS) {
      await grow(fleet, size, { progress });
      for (let round = 0; round < 10; round++) await pushOne(fleet, round, `warm-${size}-${round}`);
      progress(`${size} applications: ${COMMITS} commits to one, ${COMMITS} to none`);
      const one = await perCommit(stack, (round) => pushOne(fleet, round, `${size}-${round}`));
      const none = await perCommit(stack, (round) => pushNothing(stack, `${size}-${round}`));
      figures.push(...ofOne(`${size} applications, commit to one`, one, "0.2 CPU-s"));
      figures.push(...ofOne(`${size} applications, commit to none`, none, nothing));
    }
    return figures;
  },
};

/** A file that no application reads; over when the push is dispatched. */
async function pushNothing(stack: BenchStack, version: string): Promise<void> {
  await stack.commit({ "README.md": version });
  const before = await stack.metric("sluice_dispatch_duration_seconds_count");
  await stack.push();
  while ((await stack.metric("sluice_dispatch_duration_seconds_count")) <= before) await pause(10);
}

async function perCommit({ roots }: BenchStack, commit: (round: number) => Promise<unknown>): Promise<Cpu> {
  const before = cpuOf(roots);
  const began = performance.now();
  for (let round = 0; round < COMMITS; round++) {
    await commit(round);
    await pause(100);
  }
  await pause(500);
  const after = cpuOf(roots);
  const took = performance.now() - began;
  const idle = await idling(roots, took);
  const used = cpuBetween(before, after);
  const each = (kind: keyof Cpu): number => Math.max(0, used[kind] - idle[kind]) / COMMITS;
  return { sluice: each("sluice"), nats: each("nats"), temporal: each("temporal"), cluster: each("cluster") };
}

/** What is used in the same time when nothing happens. */
async function idling(roots: BenchStack["roots"], ms: number): Promise<Cpu> {
  const before = cpuOf(roots);
  await pause(ms);
  return cpuBetween(before, cpuOf(roots));
}

const ofOne = (what: string, cpu: Cpu, budget: string): Figure[] => [
  { what: `${what}: Sluice, NATS and Temporal`, value: cpu.sluice + cpu.nats + cpu.temporal, unit: "CPU-s", budget },
  { what: `${what}: of it Sluice with git and renderers`, value: cpu.sluice, unit: "CPU-s" },
  { what: `${what}: of it NATS`, value: cpu.nats, unit: "CPU-s" },
  { what: `${what}: of it Temporal`, value: cpu.temporal, unit: "CPU-s" },
  { what: `${what}: the cluster`, value: cpu.cluster, unit: "CPU-s" },
];
