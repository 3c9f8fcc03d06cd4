import { version } from "../../schemas/version.ts";
import { processIo } from "./io.ts";
import { run } from "./run.ts";

/** The program `sluice`. */

// `sluice events | head` closes the pipe early: that is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await run(process.argv.slice(2), version, processIo);
