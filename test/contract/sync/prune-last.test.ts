import { afterAll, beforeAll, expect, test } from "vitest";
import type { RawObject } from "../../../schemas/artifact.ts";
import { configMap } from "./others.ts";
import { PartedSync } from "./parted.ts";
import { newNamespace, syncStage, type Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await syncStage();
});
afterAll(() => stage?.stop());

const service = (name: string): RawObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name },
  spec: { type: "LoadBalancer", selector: { app: "web" }, ports: [{ port: 80 }] },
});

test.each([
  ["of the application", ["PruneLast=true"], undefined],
  ["of the object", [], "PruneLast=true"],
])(
  "PruneLast=true %s: what left Git goes only after all the rest was applied and is healthy",
  async (_, syncOptions, own) => {
    const namespace = await newNamespace(stage.client, own ? "own-last" : "all-last");
    const app = stage.application(namespace, { namespace, syncOptions });
    await app.sync([configMap("old", own === undefined ? {} : { options: own })]);
    const sync = await PartedSync.of(stage, app, [service("new")]);
    expect(sync.parts).toEqual(["Sync 0", "Prune 0"]);
    const first = await sync.apply("Sync 0");
    expect(first.health).toBe("Progressing");
    expect(await stage.live("v1", "ConfigMap", { namespace, name: "old" })).toBeDefined();
    await sync.apply("Prune 0");
    expect(await stage.live("v1", "ConfigMap", { namespace, name: "old" })).toBeUndefined();
  },
);

test("without it a sync of one wave prunes along with it", async () => {
  const namespace = await newNamespace(stage.client, "not-last");
  const app = stage.application("not-last", { namespace });
  await app.sync([configMap("old")]);
  expect((await PartedSync.of(stage, app, [service("new")])).parts).toEqual([]);
});
