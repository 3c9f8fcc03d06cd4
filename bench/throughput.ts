import type { Benchmark, Figure } from "./benchmark.ts";
import { changeAll, grow, type Fleet } from "./fleet.ts";
import { cpuBetween, cpuOf, type Cpu } from "./processes.ts";
import { BenchStack } from "./stack.ts";

const SIZES = [100, 1_000];

/** First sync of many applications, and one commit to all of them. */
export const throughput: Benchmark = {
  name: "throughput",
  summary: "first sync of 100 and 1,000 applications until all are Healthy, and a commit to all of them",
  async run({ progress }) {
    const figures: Figure[] = [];
    for (const size of SIZES) {
      await using stack = await BenchStack.start();
      const fleet: Fleet = { stack, size: 0 };
      progress(`first sync of ${size} applications`);
      const first = await measured(stack, () => grow(fleet, size, { progress }));
      progress(`a commit to all ${size} applications`);
      const all = await measured(stack, () => changeAll(fleet, "2", progress));
      figures.push(...ofOne(`first sync of ${size}`, size, first), ...ofOne(`commit to all ${size}`, size, all));
    }
    return figures;
  },
};

interface Measured {
  seconds: number;
  cpu: Cpu;
}

async function measured({ roots }: BenchStack, work: () => Promise<number>): Promise<Measured> {
  const before = cpuOf(roots);
  const seconds = await work();
  return { seconds, cpu: cpuBetween(before, cpuOf(roots)) };
}

const ofOne = (what: string, size: number, { seconds, cpu }: Measured): Figure[] => [
  { what: `${what}: applications per second`, value: size / seconds, unit: "1/s", budget: "25/s" },
  { what: `${what}: CPU of Sluice, per application`, value: (cpu.sluice / size) * 1_000, unit: "ms" },
  { what: `${what}: CPU of NATS, per application`, value: (cpu.nats / size) * 1_000, unit: "ms" },
  { what: `${what}: CPU of Temporal, per application`, value: (cpu.temporal / size) * 1_000, unit: "ms" },
  { what: `${what}: CPU of the cluster, per application`, value: (cpu.cluster / size) * 1_000, unit: "ms" },
];
