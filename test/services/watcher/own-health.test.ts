import { afterEach, expect, test } from "vitest";
import type { Health } from "../../../domain/health/health.ts";
import type { RawObject } from "../../../schemas/artifact.ts";
import type { Service } from "../../../services/service.ts";
import { configMap, deployment, harness } from "./harness.ts";

const eventually = <T>(probe: () => T | Promise<T>) => expect.poll(probe, { timeout: 20_000, interval: 20 });
const quiet = (ms = 250) => new Promise((resolve) => setTimeout(resolve, ms));

let watcher: Service | undefined;
afterEach(async () => {
  await watcher?.stop();
  watcher = undefined;
});

/** A watcher of one ConfigMap and one Deployment, both well, with a check of ConfigMaps whose answers come when told to. */
function watched(first: Health | "none") {
  const asked: { object: RawObject; answer(health: Health): void }[] = [];
  const state = { answer: first as Health | "none" | "later" };
  const listeners = new Set<(concerns: (group: string) => boolean) => void>();
  const h = harness({
    own(object) {
      if (object.kind !== "ConfigMap" || state.answer === "none") return undefined;
      if (state.answer !== "later") return Promise.resolve(state.answer);
      const { promise, resolve } = Promise.withResolvers<Health>();
      asked.push({ object, answer: resolve });
      return promise;
    },
    onChecksChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  });
  const settings = h.cluster.put(configMap("shop", "settings", "1"));
  const web = h.cluster.put(deployment("shop", "web", 2));
  h.synced("shop", [web, settings]);
  watcher = h.start();
  const change = (answer: Health | "none" | "later"): void => {
    state.answer = answer;
    for (const listener of listeners) listener((group) => group === "");
  };
  return { h, asked, state, settings, change, listeners };
}

const degraded: Health = { status: "Degraded", message: "not as it should be" };
const health = ({ h }: ReturnType<typeof watched>) => h.published.map(({ message }) => message.health);

test("an object that its own check calls Degraded makes its application so", async () => {
  const all = watched(degraded);
  await eventually(() => health(all)).toEqual(["Degraded"]);
  expect(all.h.published[0]?.message.unhealthy).toEqual([
    { object: "/ConfigMap/default/settings", health: "Degraded", message: "not as it should be" },
  ]);
});

test("nothing is said of the application before the check has answered", async () => {
  const all = watched("none");
  await eventually(() => [...all.h.cluster.watched].sort()).toEqual(["configmaps", "deployments"]);
  all.change("later");
  await eventually(() => all.asked.length).toBe(1);
  await quiet();
  expect(all.h.published).toEqual([]);
  all.asked[0]?.answer(degraded);
  await eventually(() => health(all)).toEqual(["Degraded"]);
});

test("while it answers for a newer version, what was known of the object stands", async () => {
  const all = watched({ status: "Healthy" });
  await eventually(() => [...all.h.cluster.watched].sort()).toEqual(["configmaps", "deployments"]);
  await quiet();
  all.state.answer = "later";
  all.h.cluster.put({ ...all.settings, metadata: { ...all.settings.metadata, annotations: { seen: "2" } } });
  await eventually(() => all.asked.length).toBe(1);
  await quiet();
  expect(all.h.published).toEqual([]);
  all.asked[0]?.answer(degraded);
  await eventually(() => health(all)).toEqual(["Degraded"]);
});

test("a check that comes, changes and goes is applied to what is there already, at once", async () => {
  const all = watched("none");
  const { h } = all;
  await eventually(() => [...h.cluster.watched].sort()).toEqual(["configmaps", "deployments"]);
  await quiet();
  expect(h.published).toEqual([]);
  all.change(degraded);
  await eventually(() => health(all)).toEqual(["Degraded"]);
  h.project(h.published.at(-1)!.message);
  all.change({ status: "Progressing", message: "soon" });
  await eventually(() => health(all)).toEqual(["Degraded", "Progressing"]);
  h.project(h.published.at(-1)!.message);
  all.change("none");
  await eventually(() => health(all)).toEqual(["Degraded", "Progressing", "Healthy"]);
});

test("an object whose health is to be ignored is not given to its check", async () => {
  const all = watched("none");
  const { settings, h } = all;
  await eventually(() => [...h.cluster.watched].sort()).toEqual(["configmaps", "deployments"]);
  h.cluster.put({
    ...settings,
    metadata: { ...settings.metadata, annotations: { "sluice.dev/ignore-healthcheck": "true" } },
  });
  all.change(degraded);
  await quiet(400);
  expect(h.published).toEqual([]);
});

test("a watcher that was stopped listens no more", async () => {
  const all = watched("none");
  expect(all.listeners.size).toBe(1);
  await watcher?.stop();
  watcher = undefined;
  expect(all.listeners.size).toBe(0);
});
