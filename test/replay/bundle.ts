import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { afterAll, beforeAll } from "vitest";
import { freshBundle } from "../../adapters/temporal/fresh-bundle.ts";
import { installRuntime } from "../../adapters/temporal/runtime.ts";

/** The bundle of the workflows as they are, made before the tests of a file; `codePath` is known once they run. */
export function replayBundle(): { readonly codePath: string } {
  const made = { codePath: "" };
  let cacheDir: string;
  beforeAll(async () => {
    const log = pino({ level: "silent" });
    installRuntime({ log });
    cacheDir = await mkdtemp(join(tmpdir(), "sluice-replay-"));
    made.codePath = await freshBundle({ cacheDir, log });
  });
  afterAll(() => rm(cacheDir, { recursive: true, force: true }));
  return made;
}
