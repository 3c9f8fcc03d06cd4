import pino from "pino";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Inventory, RawObject } from "../../../schemas/artifact.ts";
import type { ClusterChanged } from "../../../schemas/messages.ts";
import type { ApplicationView } from "../../../schemas/views.ts";
import { ApplicationWatch } from "../../../services/watcher/application-watch.ts";
import { FieldSets } from "../../../services/watcher/field-sets.ts";
import { configMap } from "./harness.ts";

/** Drift that stands although it is to be put back: what was asked for failed, or was lost. */

beforeEach(() => vi.useFakeTimers({ toFake: ["performance", "setTimeout", "clearTimeout"] }));
afterEach(() => vi.useRealTimers());

const key = { group: "", kind: "ConfigMap", namespace: "default", name: "settings" };
const inventory: Inventory = {
  ...{ version: 1, application: "shop", cluster: "c1" },
  entries: [
    {
      ...{ key, apiVersion: "v1", resource: "configmaps", namespaced: true, uid: "u", desired: "d" },
      ...{ fields: "as applied", fieldSet: { "f:data": {} } },
    },
  ],
};
const drifted = [{ object: "/ConfigMap/default/settings", uid: "u", change: "modified" as const, managers: [] }];
const view = (more: Partial<ApplicationView> = {}): ApplicationView =>
  ({
    ...{ name: "shop", drift: drifted, inventory: "i", resources: [], sequence: 1 },
    spec: { syncPolicy: { drift: "remediate" } },
    health: { status: "Healthy", since: "", objects: [] },
    ...more,
  }) as unknown as ApplicationView;

async function watching(of: ApplicationView) {
  const published: { message: ClusterChanged; id: string }[] = [];
  const live = { ...configMap("shop", "settings", "2"), metadata: { name: "settings", uid: "u" } } as RawObject;
  const observed = { application: "shop", health: "Healthy" as const, fieldSet: '{"f:data":{}}', fields: "another" };
  const watch = new ApplicationWatch(of, {
    cluster: "c1",
    sightings: { sight: () => ({ kind: "seen", uid: "u", resourceVersion: "5", observed }), read: async () => live },
    blobs: { getJson: async <T>() => inventory as T },
    intake: { publish: async (message, id) => void published.push({ message, id }) },
    judgement: { health: () => ({ status: "Healthy" }), fieldsDigest: () => "another" },
    detail: () => async () => ({ managers: [] }),
    fieldSets: new FieldSets(),
    log: pino({ level: "silent" }),
    onPublished: () => undefined,
  });
  watch.update(of);
  await vi.advanceTimersByTimeAsync(500);
  /** Seconds go by, with the ticks of the watcher in them. */
  const pass = async (seconds: number): Promise<void> => {
    for (let at = 0; at < seconds; at += 2) {
      await vi.advanceTimersByTimeAsync(2_000);
      watch.repeatUnheard();
    }
    await vi.advanceTimersByTimeAsync(500);
  };
  return { watch, published, pass };
}

test("is said again after 30 s, then ever more rarely, each time as a message of its own", async () => {
  const { published, pass, watch } = await watching(view());
  expect(published, "the view says it already").toHaveLength(0);
  await pass(28);
  expect(published).toHaveLength(0);
  await pass(4);
  expect(published).toHaveLength(1);
  expect(published[0]?.message.drifted).toMatchObject(drifted);
  await pass(50);
  expect(published).toHaveLength(1);
  await pass(14);
  expect(published).toHaveLength(2);
  expect(new Set(published.map(({ id }) => id)).size).toBe(2);
  await watch.stop();
});

test.each([
  ["it is only reported", { spec: { syncPolicy: { drift: "report" } } }],
  ["an operation is held, which will write it anyway", { held: { operation: "o" } }],
  ["a break-glass is on", { breakGlass: { id: "b" } }],
  ["an operation runs", { running: "o" }],
])("is not said again where %s", async (_, more) => {
  const { published, pass, watch } = await watching(view(more as unknown as Partial<ApplicationView>));
  await pass(120);
  expect(published).toEqual([]);
  await watch.stop();
});

test("is said at once when an operation ended without having put it back, and then counted anew", async () => {
  const { published, pass, watch } = await watching(view());
  await pass(20);
  watch.update(view({ running: "o" }));
  await pass(20);
  expect(published).toHaveLength(0);
  watch.update(view({ sequence: 3 }));
  await pass(2);
  expect(published).toHaveLength(1);
  await pass(24);
  expect(published).toHaveLength(1);
  await pass(10);
  expect(published).toHaveLength(2);
  await watch.stop();
});
