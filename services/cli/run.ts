import { CommanderError, type Option } from "commander";
import { ERRORS, type SluiceError, toSluiceError } from "../../schemas/errors.ts";
import { usage } from "./context.ts";
import { type Io, styled } from "./io.ts";
import { createProgram } from "./program.ts";
import { harmless } from "./table.ts";

/** Runs one command line and returns its exit code. Errors are said on the error stream: what, where, and the next step. */
export async function run(args: string[], version: string, io: (noColor: boolean) => Io): Promise<number> {
  const streams = io(args.includes("--no-color"));
  let code = 0;
  const program = createProgram({ version, io, exit: (given) => (code = given) });
  try {
    const [first, ...rest] = args;
    if (first === "server" || first === "demo")
      return await (await import("./forward.ts")).forward(first, rest, {}, (text) => streams.out(text));
    prepare(program, streams);
    program.hook("preAction", (_program, { options }) => refuseContradiction(options, args));
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : ERRORS.Usage.exit;
    const error = toSluiceError(thrown);
    streams.err(describeError(error, streams));
    return ERRORS[error.code].exit;
  }
}

function prepare(program: ReturnType<typeof createProgram>, streams: Io): void {
  const all = [program];
  for (const command of all) {
    command.exitOverride();
    command.configureOutput({ writeOut: (text) => streams.out(text), writeErr: (text) => streams.err(text) });
    all.push(...(command.commands as typeof all));
  }
}

/** `--prune --no-prune`: the last would win, and one of them is a mistake. */
function refuseContradiction(options: readonly Option[], args: readonly string[]): void {
  const end = args.indexOf("--");
  const given = new Set(end < 0 ? args : args.slice(0, end));
  for (const { long } of options) {
    if (!long?.startsWith("--no-") || !given.has(long)) continue;
    const opposite = `--${long.slice("--no-".length)}`;
    if (given.has(opposite)) throw usage(`${opposite} and ${long} contradict each other`, "Give one of them.");
  }
}

/** A text that may have several lines, those after the first indented. */
const inLines = (text: string, indent: string): string =>
  text
    .split("\n")
    .map((line) => harmless(line))
    .join(`\n${indent}`);

/** The problems but one that the message says already, whole. */
const untold = ({ message, problems }: SluiceError): SluiceError["problems"] => {
  const [only, ...others] = problems;
  const said = only && others.length === 0 && only.file === undefined && only.next === undefined;
  return said && message.endsWith(`${only.path ?? ""}: ${only.message}`) ? [] : problems;
};

/** An error as the CLI says it, with every problem in it and the next step. */
export function describeError(error: SluiceError, io: Pick<Io, "colors" | "env">): string {
  const lines = [`${styled(io, "red", "error:")} ${inLines(error.message, "  ")}`];
  for (const { file, line, column, path, message, next } of untold(error)) {
    const place = [file, line, column].filter((part) => part !== undefined).join(":");
    const where = [place, path].filter((part) => part !== undefined && part !== "").join(": ");
    lines.push(`  ${inLines(`${where === "" ? "" : `${where}: `}${message}`, "    ")}`);
    if (next !== undefined) lines.push(`      ${harmless(next)}`);
  }
  if (error.next !== undefined) lines.push(harmless(error.next));
  if (error.code === "Internal" && io.env["SLUICE_DEBUG"])
    lines.push(String((error.cause as Error)?.stack ?? error.stack));
  else if (error.code === "Internal") lines.push("This should not happen. See where with SLUICE_DEBUG=1.");
  return `${lines.join("\n")}\n`;
}
