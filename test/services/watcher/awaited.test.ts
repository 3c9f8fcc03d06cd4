import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RawObject } from "../../../schemas/artifact.ts";
import { HOOK_RUN_ANNOTATION } from "../../../schemas/phases.ts";
import type { Service } from "../../../services/service.ts";
import { configMap, deployment, harness } from "./harness.ts";

/** What a running operation with waves and hooks is told of: the wave that is settled, the hook that ended, the object that went. */

const eventually = <T>(probe: () => T | Promise<T>) => expect.poll(probe, { timeout: 20_000, interval: 20 });
const quiet = (ms = 250) => new Promise((resolve) => setTimeout(resolve, ms));

let h: ReturnType<typeof harness>;
let watcher: Service | undefined;
beforeEach(() => {
  h = harness();
});
afterEach(async () => {
  await watcher?.stop();
  watcher = undefined;
});

const inWave = (wave: number, object: RawObject): RawObject => ({
  ...object,
  metadata: { ...object.metadata, annotations: { "argocd.argoproj.io/sync-wave": String(wave) } },
});
const ready = (object: RawObject, count: number): RawObject => ({
  ...object,
  status: deployment("shop", "x", count)["status"],
});
/** A Deployment that some run made as a hook. */
const hook = (run: string, count: number): RawObject => {
  const object = deployment("shop", "smoke", count);
  return { ...object, metadata: { ...object.metadata, annotations: { [HOOK_RUN_ANNOTATION]: run } } };
};

/** An operation runs on an application of which the objects are not all there yet. */
async function running(objects: RawObject[], later: RawObject[]): Promise<void> {
  const there = objects.map((object) => h.cluster.put(object));
  const missing = later.map((object) => ({
    ...object,
    metadata: { ...object.metadata, uid: `later-${object.metadata.name}` },
  }));
  h.synced("shop", [...there, ...missing], { running: "op1" });
  watcher = h.start();
  await eventually(() => [...h.cluster.watched].length).toBeGreaterThan(0);
  await quiet(150);
  h.published.length = 0;
}

describe("a running operation is told", () => {
  test("that its wave is settled although those to come are missing", async () => {
    await running([deployment("shop", "first", 1)], [inWave(1, deployment("shop", "second", 2))]);
    h.cluster.put(deployment("shop", "first", 2));
    await eventually(() => h.published.length).toBe(1);
    expect(h.published[0]?.message.health).toBe("Missing");
  });

  test("nothing while its wave is not settled as a whole", async () => {
    await running([deployment("shop", "a", 1), deployment("shop", "b", 1)], [inWave(1, deployment("shop", "c", 2))]);
    h.cluster.put(deployment("shop", "a", 2));
    await quiet();
    expect(h.published).toEqual([]);
    h.cluster.put(deployment("shop", "b", 2));
    await eventually(() => h.published.length).toBe(1);
  });

  test("that a hook ended, each time under another message id, whatever the application's own objects are", async () => {
    await running([deployment("shop", "web", 1)], []);
    h.cluster.put(hook("op1/1/PreSync", 0));
    await quiet();
    expect(h.published).toEqual([]);
    const first = h.cluster.put(hook("op1/1/PreSync", 2));
    await eventually(() => h.published.length).toBe(1);
    h.cluster.put(ready(first, 1));
    await quiet();
    h.cluster.put(hook("op1/1/PostSync", 2));
    await eventually(() => h.published.length).toBe(2);
    expect(new Set(h.published.map(({ id }) => id)).size).toBe(2);
  });

  test("that an object went, and another one after it", async () => {
    const [one, two] = [configMap("shop", "one", "1"), configMap("shop", "two", "1")].map((object) =>
      h.cluster.put(object),
    );
    await running([deployment("shop", "web", 1), one!, two!], []);
    h.cluster.remove(one!);
    await eventually(() => h.published.length).toBe(1);
    h.cluster.remove(two!);
    await eventually(() => h.published.length).toBe(2);
  });
});
