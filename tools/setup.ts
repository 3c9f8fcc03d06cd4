import { ensureTools, progressPrinter, TOOL_NAMES, type ToolName } from "../adapters/toolchain/index.ts";
import { SluiceError } from "../schemas/errors.ts";

/**
 * Makes sure that every pinned program is there, and prints `name=path` for each.
 * Usage: node tools/setup.ts [name ...]
 */
const unknown = process.argv.slice(2).filter((name) => !TOOL_NAMES.includes(name as ToolName));
const wanted = process.argv.length > 2 ? (process.argv.slice(2) as ToolName[]) : TOOL_NAMES;

if (unknown.length > 0) {
  process.stderr.write(`There is no tool named ${unknown.join(", ")}; there are ${TOOL_NAMES.join(", ")}.\n`);
  process.exitCode = 2;
} else {
  try {
    const paths = await ensureTools(wanted, { onProgress: progressPrinter(process.stderr) });
    for (const name of wanted) process.stdout.write(`${name}=${paths[name]}\n`);
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    process.stderr.write(`${error.message}\n${error.next ?? ""}\n`);
    process.exitCode = 9;
  }
}
