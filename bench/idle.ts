import type { Benchmark } from "./benchmark.ts";
import { grow, type Fleet } from "./fleet.ts";
import { cpuBetween, cpuOf, memoryOf } from "./processes.ts";
import { BenchStack, pause } from "./stack.ts";

const APPLICATIONS = 500;
/** After the last sync garbage is collected (Go does at least every 2 minutes), threads and processes that nobody uses end. */
const SETTLING_S = 150;
const LOOKING_S = 30;

/** Memory and CPU at rest. */
export const idle: Benchmark = {
  name: "idle",
  summary: "memory and CPU of each process with 500 applications and nothing to do",
  async run({ progress }) {
    await using stack = await BenchStack.start();
    const { roots } = stack;
    const empty = memoryOf(roots);
    const fleet: Fleet = { stack, size: 0 };
    await grow(fleet, APPLICATIONS, { progress });
    progress(`at rest for ${SETTLING_S} s, then looked at for ${LOOKING_S} s`);
    await pause(SETTLING_S * 1_000);
    const before = cpuOf(roots);
    await pause(LOOKING_S * 1_000);
    const used = cpuBetween(before, cpuOf(roots));
    const { sluice, nats, temporal } = memoryOf(roots);
    const cores = (used.sluice + used.nats + used.temporal) / LOOKING_S;
    const all = sluice.rss + nats.rss + temporal.rss;
    return [
      { what: "no application: RSS of Sluice", value: empty.sluice.rss, unit: "MiB" },
      { what: "500 applications: RSS of Sluice", value: sluice.rss, unit: "MiB", budget: "256 MiB" },
      { what: "500 applications: PSS of Sluice", value: sluice.pss, unit: "MiB" },
      { what: "500 applications: highest RSS of Sluice", value: sluice.peak, unit: "MiB" },
      { what: "500 applications: RSS of NATS", value: nats.rss, unit: "MiB" },
      { what: "500 applications: RSS of Temporal", value: temporal.rss, unit: "MiB" },
      { what: "500 applications: RSS of all three", value: all, unit: "MiB", budget: "512 MiB" },
      { what: "500 applications: CPU of Sluice", value: used.sluice / LOOKING_S, unit: "cores" },
      { what: "500 applications: CPU of NATS", value: used.nats / LOOKING_S, unit: "cores" },
      { what: "500 applications: CPU of Temporal", value: used.temporal / LOOKING_S, unit: "cores" },
      { what: "500 applications: CPU of all three", value: cores, unit: "cores", budget: "0.02 cores" },
    ];
  },
};
