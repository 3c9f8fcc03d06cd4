import { readFileSync } from "node:fs";
import { processIo } from "./io.ts";
import { run } from "./run.ts";

/** The program `sluice`. */

const packageFile = [new URL("../../package.json", import.meta.url), new URL("../package.json", import.meta.url)];

function ownVersion(): string {
  for (const file of packageFile) {
    try {
      const { name, version } = JSON.parse(readFileSync(file, "utf8")) as { name?: string; version?: string };
      if (name === "sluice" && version !== undefined) return version;
    } catch {
      // The other place, as source and bundle stand at different depths.
    }
  }
  return "0.0.0";
}

// `sluice events | head` closes the pipe early: that is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await run(process.argv.slice(2), ownVersion(), processIo);
