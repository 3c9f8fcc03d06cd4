import { CommanderError } from "commander";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createProgram } from "../../services/cli/program.ts";
import type { SluiceCommand } from "../../services/cli/command.ts";
import { SERVER_FLAGS } from "../../services/server/main.ts";
import { ROOT } from "./documents.ts";

const { scripts: SCRIPTS } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
};
const VITEST = readFileSync(join(ROOT, "vitest.config.ts"), "utf8");

/** What is wrong with a command of a document, or undefined; only commands of this repository are looked at. */
export function commandProblem(words: string[]): string | undefined {
  const [program = "", ...rest] = words;
  if (/^(?:.*\/)?sluice$/.test(program)) return cliProblem(rest);
  const bundle = words.findIndex((word) => word.endsWith("/cli.js"));
  if (bundle >= 0) return cliProblem(words.slice(bundle + 1));
  return program === "npm" ? scriptProblem(rest) : undefined;
}

function scriptProblem([verb, name = "", ...rest]: string[]): string | undefined {
  if (verb !== "run") return undefined;
  const script = SCRIPTS[name];
  if (script === undefined) return `package.json has no script ${name}`;
  const project = /--project (\S+)/.exec(script)?.[1];
  if (project !== undefined && !new RegExp(`project\\(\\s*"${project}"`).test(VITEST))
    return `vitest has no project ${project}`;
  const given = rest[0] === "--" ? rest.slice(1) : rest;
  return name === "demo" ? flagProblem(given, DEMO_FLAGS) : undefined;
}

/** Flags of `sluice demo`; services/demo/main.ts parses them. */
const DEMO_FLAGS = {
  once: { type: "boolean" },
  port: { type: "string" },
  "data-dir": { type: "string" },
  "no-color": { type: "boolean" },
} as const;

const serverFlags = Object.fromEntries(Object.keys(SERVER_FLAGS).map((name) => [name, { type: "string" as const }]));

function flagProblem(args: string[], options: Parameters<typeof parseArgs>[0] & object): string | undefined {
  if (args.includes("--help")) return undefined;
  try {
    parseArgs({ args, options: options as never });
    return undefined;
  } catch (thrown) {
    return (thrown as Error).message;
  }
}

/** Parses a command line with the real program and runs nothing. */
function cliProblem(args: string[]): string | undefined {
  const program = createProgram({ version: "0", io: () => never(), exit: () => never() });
  let forwarded: string | undefined;
  idle(program, (name, given) => {
    if (name === "server") forwarded = flagProblem(given, serverFlags as never);
    if (name === "demo") forwarded = flagProblem(given, DEMO_FLAGS as never);
  });
  try {
    program.parse(args, { from: "user" });
    return forwarded;
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    return /^commander\.(?:help|helpDisplayed|version)$/.test(thrown.code) && args.length > 0
      ? helpProblem(thrown, args)
      : thrown.message;
  }
}

/** `sluice app` alone shows help, which no document means; `--help` and `--version` are meant. */
const helpProblem = (_shown: CommanderError, args: string[]): string | undefined =>
  args.some((arg) => /^(?:-h|--help|-V|--version|help)$/.test(arg))
    ? undefined
    : `sluice ${args.join(" ")} does nothing`;

/** Every command says what it was given instead of doing it, and throws where it would end the process. */
function idle(command: SluiceCommand, ran: (name: string, given: string[]) => void): void {
  command.exitOverride().configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
  const under = command.commands as SluiceCommand[];
  if (under.length === 0) command.action((given: unknown) => ran(command.name(), Array.isArray(given) ? given : []));
  for (const each of under) idle(each, ran);
}

function never(): never {
  throw new Error("a command ran while it was only to be parsed");
}
