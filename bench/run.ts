import { loadavg, cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import type { Benchmark, Figure } from "./benchmark.ts";
import { cli } from "./cli.ts";
import { cost } from "./cost.ts";
import { drift } from "./drift.ts";
import { idle } from "./idle.ts";
import { ledger } from "./ledger.ts";
import { manyObjects } from "./many-objects.ts";
import { promotion } from "./promotion.ts";
import { push } from "./push.ts";
import { rounded } from "./statistics.ts";
import { throughput } from "./throughput.ts";
import { watcherMemory } from "./watcher-memory.ts";
import { waves } from "./waves.ts";

const BENCHMARKS: readonly Benchmark[] = [
  cli,
  ledger,
  push,
  cost,
  idle,
  drift,
  watcherMemory,
  throughput,
  waves,
  manyObjects,
  promotion,
];

/** `npm run bench`: runs all benchmarks, or those named, and prints their figures beside the budgets of DESIGN.md. */
async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      help: { type: "boolean", short: "h", default: false },
      large: { type: "boolean", default: false },
      output: { type: "string", short: "o", default: "text" },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const unknown = positionals.filter((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name));
  if (unknown.length > 0 || !["text", "json"].includes(values.output)) {
    process.stderr.write(
      `error: unknown ${unknown.length > 0 ? `benchmark ${unknown.join(", ")}` : "output"}\n\n${HELP}`,
    );
    return 2;
  }
  const wanted = BENCHMARKS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const began = { machine: machine(), load: loadavg()[0] ?? 0 };
  const results: { name: string; load: number; figures: Figure[] }[] = [];
  for (const benchmark of wanted) {
    const load = loadavg()[0] ?? 0;
    const figures = await benchmark.run({ progress: progressOf(benchmark), large: values.large });
    results.push({ name: benchmark.name, load, figures });
    if (values.output === "text") process.stdout.write(asText(benchmark, load, figures));
  }
  if (values.output === "json") process.stdout.write(`${JSON.stringify({ ...began, results }, null, 2)}\n`);
  return 0;
}

const HELP = `Usage: npm run bench -- [names] [options]

${BENCHMARKS.map(({ name, summary }) => `  ${name.padEnd(12)}${summary}`).join("\n")}

Options:
  -o, --output text|json   default text; progress goes to standard error
      --large              also the sizes that take many minutes
  -h, --help

Figures are worth comparing within one run on a machine that does nothing else: the load average at the start of each
is printed beside them. Run \`npm run build\` first, or the server runs from source.
`;

const machine = (): string =>
  `${cpus().length} x ${cpus()[0]?.model ?? "?"}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;

function progressOf({ name }: Benchmark): (text: string) => void {
  const began = performance.now();
  return (text) => {
    const seconds = ((performance.now() - began) / 1_000).toFixed(0).padStart(4);
    process.stderr.write(`${seconds} s  ${name}: ${text}\n`);
  };
}

function asText({ name }: Benchmark, load: number, figures: readonly Figure[]): string {
  const width = Math.max(...figures.map(({ what }) => what.length));
  const lines = figures.map(({ what, value, unit, budget }) => {
    const allowed = budget === undefined ? "" : `   budget ${budget}`;
    return `  ${what.padEnd(width)}  ${String(rounded(value)).padStart(8)} ${unit}${allowed}`;
  });
  return `${name} (load average ${load.toFixed(1)} at its start)\n${lines.join("\n")}\n\n`;
}

process.exitCode = await main(process.argv.slice(2));
