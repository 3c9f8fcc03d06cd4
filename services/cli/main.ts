import { ERRORS } from "../../schemas/errors.ts";
import { version } from "../../schemas/version.ts";
import { processIo } from "./io.ts";
import { run } from "./run.ts";

/** The program `sluice`. */

/** The oldest Node that has all that the server stands on; `bin/sluice` looks for one, `node dist/cli.js` may meet any. */
const OLDEST: [major: number, minor: number] = [22, 19];

function oldNode(): string | undefined {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return undefined;
  return `error: sluice needs Node ${OLDEST.join(".")} or newer, and this is ${process.version}.\nRun it by bin/sluice, which finds the pinned one after npm ci.\n`;
}

// `sluice events | head` closes the pipe early: that is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

/** How long what a command left open may keep the process after its end: a native thread of a server that could not start. */
const LINGER_MS = 2_000;

const old = oldNode();
if (old === undefined) process.exitCode = await run(process.argv.slice(2), version, processIo);
else {
  process.stderr.write(old);
  process.exitCode = ERRORS.ToolUnavailable.exit;
}
setTimeout(() => process.exit(), LINGER_MS).unref();
