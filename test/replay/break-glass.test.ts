import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "@temporalio/worker";
import { expect, test } from "vitest";
import { replayBundle } from "./bundle.ts";
import { fromText } from "./histories.ts";

const HISTORIES = fileURLToPath(new URL("./break-glass/", import.meta.url));
const bundle = replayBundle();

test("recorded histories of a break-glass replay on the workflow as it is", async () => {
  const files = (await readdir(HISTORIES)).filter((file) => file.endsWith(".json"));
  expect(files.toSorted()).toEqual(["ended.json", "expired.json", "extended.json", "none.json", "refused.json"]);
  const histories = await Promise.all(
    files.map(async (file) => ({
      workflowId: file,
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
