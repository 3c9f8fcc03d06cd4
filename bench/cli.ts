import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Benchmark } from "./benchmark.ts";
import { median } from "./statistics.ts";

const ROOT = join(import.meta.dirname, "..");
const TIMES = 10;

/** Start-up of the command line, against that of Node itself. */
export const cli: Benchmark = {
  name: "cli",
  summary: "start-up of the command line against that of Node, median of 10",
  run: async ({ progress }) => {
    progress(`${TIMES} times each, in turns`);
    const taken = { node: [] as number[], version: [] as number[], help: [] as number[] };
    for (let round = 0; round <= TIMES; round++) {
      const node = timed(process.execPath, ["-e", "0"]);
      const version = timed(join(ROOT, "bin", "sluice"), ["version", "--client"]);
      const help = timed(join(ROOT, "bin", "sluice"), ["app", "--help"]);
      // The first round reads everything from the disk.
      if (round === 0) continue;
      taken.node.push(node);
      taken.version.push(version);
      taken.help.push(help);
    }
    const [node, version, help] = [median(taken.node), median(taken.version), median(taken.help)];
    return [
      { what: "node -e 0", value: node, unit: "ms" },
      { what: "sluice version --client", value: version, unit: "ms", budget: "200 ms" },
      { what: "sluice version --client to node -e 0", value: version / node, unit: "x" },
      { what: "sluice app --help", value: help, unit: "ms", budget: "200 ms" },
      { what: "sluice app --help to node -e 0", value: help / node, unit: "x" },
    ];
  },
};

function timed(program: string, args: string[]): number {
  const began = performance.now();
  const { status, stderr } = spawnSync(program, args, { cwd: ROOT, encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${status}: ${stderr}`);
  return performance.now() - began;
}
