import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { Worker } from "@temporalio/worker";
import { DeterminismViolationError } from "@temporalio/workflow";
import { describe, expect, test } from "vitest";
import { replayBundle } from "./bundle.ts";
import { fromText, HISTORIES } from "./histories.ts";
import { SCENARIOS } from "./scenarios.ts";

const files = (await readdir(HISTORIES)).filter((file) => file.endsWith(".json"));
const read = async (file: string) => fromText(await readFile(join(HISTORIES, file), "utf8"));

const bundle = replayBundle();

async function replay(histories: readonly { workflowId: string; history: unknown }[]): Promise<Map<string, unknown>> {
  const results = new Map<string, unknown>();
  for await (const { workflowId, error } of Worker.runReplayHistories(
    { workflowBundle: { codePath: bundle.codePath } },
    histories,
  )) {
    results.set(workflowId, error);
  }
  return results;
}

describe("recorded histories", () => {
  test("there is one of every scenario, and none of a scenario that is gone", () => {
    const recorded = new Set(files.map((file) => basename(file, ".json").replace(/\.\d+$/, "")));
    expect([...recorded].toSorted()).toEqual(Object.keys(SCENARIOS).toSorted());
  });

  test("each replays on the workflow as it is", async () => {
    const histories = await Promise.all(files.map(async (file) => ({ workflowId: file, history: await read(file) })));
    const results = await replay(histories);
    expect(results.size).toBe(files.length);
    for (const [file, error] of results) expect(error, file).toBeUndefined();
  });

  test("one that the workflow would not have made is found", async () => {
    const history = await read("succeeded.json");
    const scheduled = history.events?.find(({ activityTaskScheduledEventAttributes: found }) => found);
    const type = scheduled?.activityTaskScheduledEventAttributes?.activityType;
    expect(type?.name).toBe("apply");
    if (type) type.name = "applied";
    const results = await replay([{ workflowId: "tampered", history }]);
    expect(results.get("tampered")).toBeInstanceOf(DeterminismViolationError);
  });

  test("hold neither a stack, nor the path or name of a machine", async () => {
    for (const file of files) {
      const text = await readFile(join(HISTORIES, file), "utf8");
      const payloads = [...text.matchAll(/"data": "([^"]*)"/g)].map(([, data = ""]) =>
        Buffer.from(data, "base64").toString(),
      );
      for (const part of [text, ...payloads]) {
        expect(part, file).not.toMatch(/\/work\/|\/root\/|\/home\/|\.ts:\d+|\d+@\w/);
      }
    }
  });
});
