import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "@temporalio/worker";
import pino from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshBundle } from "../../adapters/temporal/fresh-bundle.ts";
import { installRuntime } from "../../adapters/temporal/runtime.ts";
import { fromText } from "./histories.ts";
import { PROMOTIONS } from "./promotion-scenarios.ts";

const HISTORIES = fileURLToPath(new URL("./promotion/", import.meta.url));
let cacheDir: string;
let codePath: string;

beforeAll(async () => {
  const log = pino({ level: "silent" });
  installRuntime({ log });
  cacheDir = await mkdtemp(join(tmpdir(), "sluice-replay-"));
  codePath = await freshBundle({ cacheDir, log });
});
afterAll(() => rm(cacheDir, { recursive: true, force: true }));

test("recorded histories of promotions replay on the workflow as it is", async () => {
  const files = (await readdir(HISTORIES)).filter((file) => file.endsWith(".json"));
  const scenarios = Object.keys(PROMOTIONS).map((name) => `${name}.json`);
  expect(files.filter((file) => scenarios.includes(file)).toSorted()).toEqual(scenarios.toSorted());
  const histories = await Promise.all(
    files.map(async (file) => ({
      workflowId: `promotion/shop/${file}`,
      history: fromText(await readFile(join(HISTORIES, file), "utf8")),
    })),
  );
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle: { codePath } }, histories)) {
    expect(error, workflowId).toBeUndefined();
  }
});
