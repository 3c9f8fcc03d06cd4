import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "@temporalio/worker";
import { expect, test } from "vitest";
import { replayBundle } from "./bundle.ts";
import { fromText } from "./histories.ts";
import { PROMOTIONS } from "./promotion-scenarios.ts";

const HISTORIES = fileURLToPath(new URL("./promotion/", import.meta.url));
const bundle = replayBundle();

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
  for await (const { workflowId, error } of Worker.runReplayHistories(
    { workflowBundle: { codePath: bundle.codePath } },
    histories,
  )) {
    expect(error, workflowId).toBeUndefined();
  }
});
