import type { Benchmark, Figure } from "./benchmark.ts";
import { grow, pushOne, type Fleet, type Pushed } from "./fleet.ts";
import { BenchStack, pause } from "./stack.ts";
import { median, percentile } from "./statistics.ts";

const SIZES = [10, 100, 1_000];
const PUSHES = 60;
/** Pushes before the measured ones: caches fill, code is compiled. */
const WARMING = 10;

/** Webhook to changed object, with ever more applications in the repository. */
export const push: Benchmark = {
  name: "push",
  summary: "webhook -> object changed in the cluster, with 10, 100 and 1,000 applications in one repository",
  async run({ progress }) {
    await using stack = await BenchStack.start();
    const fleet: Fleet = { stack, size: 0 };
    const figures: Figure[] = [];
    const medians: number[] = [];
    for (const size of SIZES) {
      await grow(fleet, size, { progress });
      const pushes = await measure(fleet, progress);
      const objects = pushes.map(({ object }) => object);
      medians.push(median(objects));
      const at = `${size} applications`;
      figures.push(
        { what: `${at}: webhook -> object changed, p50`, value: median(objects), unit: "ms", budget: "150 ms" },
        {
          what: `${at}: webhook -> object changed, p99`,
          value: percentile(objects, 0.99),
          unit: "ms",
          budget: "500 ms",
        },
        { what: `${at}: webhook -> 202, p50`, value: median(pushes.map(({ answer }) => answer)), unit: "ms" },
        { what: `${at}: webhook -> sync ended, p50`, value: median(pushes.map(({ end }) => end)), unit: "ms" },
      );
    }
    const flat = (medians.at(-1) ?? Number.NaN) / (medians[0] ?? Number.NaN);
    return [...figures, { what: "p50 with 1,000 applications to p50 with 10", value: flat, unit: "x", budget: "flat" }];
  },
};

async function measure(fleet: Fleet, progress: (text: string) => void): Promise<Pushed[]> {
  progress(`${fleet.size} applications: ${WARMING} + ${PUSHES} pushes`);
  const found: Pushed[] = [];
  for (let round = -WARMING; round < PUSHES; round++) {
    const one = await pushOne(fleet, (round + WARMING) % fleet.size, `${fleet.size}-${round}`);
    if (round >= 0) found.push(one);
    await pause(50);
  }
  return found;
}
