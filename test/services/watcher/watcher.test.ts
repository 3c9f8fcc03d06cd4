import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { RawObject } from "../../../schemas/artifact.ts";
import type { Service } from "../../../services/service.ts";
import { configMap, deployment, harness } from "./harness.ts";

/** Waits for a condition; the limit only ends a test that fails. */
const eventually = <T>(probe: () => T | Promise<T>) => expect.poll(probe, { timeout: 20_000, interval: 20 });

let h: ReturnType<typeof harness>;
let watcher: Service | undefined;
beforeEach(() => {
  h = harness();
});
afterEach(async () => {
  await watcher?.stop();
  watcher = undefined;
});

const following = (...resources: string[]) => eventually(() => [...h.cluster.watched].sort()).toEqual(resources);
const said = () => h.published.map(({ message }) => [message.health, message.drifted.map((one) => one.change).join()]);
const quiet = (ms = 250) => new Promise((resolve) => setTimeout(resolve, ms));
/** An application of one Deployment and one ConfigMap, in sync and healthy, followed. */
const shop = async (): Promise<{ web: RawObject; settings: RawObject }> => {
  const web = h.cluster.put(deployment("shop", "web", 2));
  const settings = h.cluster.put(configMap("shop", "settings", "1"));
  h.synced("shop", [web, settings]);
  watcher = h.start();
  await following("configmaps", "deployments");
  return { web, settings };
};

test("an application as its view has it is not reported, and nothing of it is read one by one", async () => {
  await shop();
  await quiet();
  expect(h.published).toEqual([]);
  expect(h.cluster.reads).toEqual([]);
  expect(watcher?.notReady()).toBeUndefined();
});

test("health that turned while nobody watched is reported at the start", async () => {
  const web = h.cluster.put(deployment("shop", "web", 1));
  h.synced("shop", [web]);
  watcher = h.start();
  await eventually(said).toEqual([["Progressing", ""]]);
  expect(h.published[0]?.message.unhealthy).toMatchObject([{ object: "apps/Deployment/default/web" }]);
});

test("health is reported when the aggregate turns, not for every object", async () => {
  const { web } = await shop();
  h.cluster.put({ ...web, status: deployment("shop", "web", 1)["status"] });
  await eventually(said).toEqual([["Progressing", ""]]);
  h.project(h.published[0]!.message);
  h.cluster.put({ ...web, status: deployment("shop", "web", 0)["status"] });
  await quiet();
  expect(h.published).toHaveLength(1);
  h.cluster.put(web);
  await eventually(said).toEqual([
    ["Progressing", ""],
    ["Healthy", ""],
  ]);
});

test("other objects that are not healthy are reported though the whole is as before, less often", async () => {
  const { web, settings } = await shop();
  h.cluster.remove(settings);
  await eventually(said).toEqual([["Missing", "deleted"]]);
  h.project(h.published[0]!.message);
  h.cluster.put({ ...web, status: deployment("shop", "web", 1)["status"] });
  await quiet();
  expect(h.published).toHaveLength(1);
  await vi.waitFor(() => expect(h.published).toHaveLength(2), { timeout: 8_000, interval: 50 });
  expect(h.published[1]?.message).toMatchObject({
    health: "Missing",
    unhealthy: [
      { object: "/ConfigMap/default/settings", health: "Missing" },
      { object: "apps/Deployment/default/web", health: "Progressing" },
    ],
  });
});

test("a burst of changes is one report at its leading edge and then at most one in 100 ms", async () => {
  const { web } = await shop();
  const changing = Array.from({ length: 60 }, (_, index) => index);
  const began = performance.now();
  for (const index of changing) {
    h.cluster.put({ ...web, status: deployment("shop", "web", index % 2)["status"], spec: { replicas: index } });
    await quiet(5);
  }
  const lasted = performance.now() - began;
  await quiet(150);
  expect(h.published[0]!.at - began).toBeLessThan(90);
  for (const [index, { at }] of h.published.entries()) {
    if (index > 0) expect(at - h.published[index - 1]!.at).toBeGreaterThan(90);
  }
  expect(h.published.length).toBeLessThanOrEqual(lasted / 100 + 2);
});

describe("drift", () => {
  test("a changed field of ours is reported with who changed it, a field of others is not", async () => {
    const { settings } = await shop();
    h.cluster.put({ ...settings, metadata: { ...settings.metadata, annotations: { theirs: "x" } } });
    await quiet();
    expect(h.published).toEqual([]);
    const edit = { manager: "kubectl-edit", operation: "Update", fieldsV1: { "f:data": { "f:key": {} } } };
    const controller = { manager: "kcm", operation: "Update", fieldsV1: { "f:status": { "f:x": {} } } };
    const managedFields = [edit, controller];
    h.cluster.put({ ...settings, data: { key: "2" }, metadata: { ...settings.metadata, managedFields } });
    await eventually(said).toEqual([["Healthy", "modified"]]);
    const object = "/ConfigMap/default/settings";
    const uid = settings.metadata.uid;
    const authors = [{ manager: "kubectl-edit", operation: "Update" }];
    const managers = ["kubectl-edit"];
    expect(h.published[0]?.message.drifted).toEqual([{ object, uid, change: "modified", managers, authors }]);
    expect(h.published[0]?.message.inventory).toBe(h.view("shop")?.inventory);
  });

  test("what is put back by hand is reported as no drift", async () => {
    const { settings } = await shop();
    h.cluster.put({ ...settings, data: { key: "2" } });
    await eventually(said).toEqual([["Healthy", "modified"]]);
    h.project(h.published[0]!.message);
    h.cluster.put(settings);
    await eventually(said).toEqual([
      ["Healthy", "modified"],
      ["Healthy", ""],
    ]);
  });

  test("a state that returns is a message of its own each time", async () => {
    const { settings } = await shop();
    for (const round of [1, 2, 3]) {
      h.cluster.put({ ...settings, data: { key: "2" } });
      await eventually(() => h.published.length).toBe(2 * round - 1);
      h.cluster.put(settings);
      await eventually(() => h.published.length).toBe(2 * round);
    }
    expect(new Set(h.published.map(({ id }) => id)).size).toBe(6);
  });

  test("deleted and recreated objects are told apart", async () => {
    const { web, settings } = await shop();
    h.cluster.remove(settings);
    await eventually(said).toEqual([["Missing", "deleted"]]);
    h.cluster.remove(web);
    h.cluster.put({ ...web, metadata: { ...web.metadata, uid: "another" } });
    await eventually(() => said().at(-1)).toEqual(["Missing", "deleted,replaced"]);
    expect(h.published.at(-1)?.message.drifted.map(({ uid }) => uid)).toEqual([settings.metadata.uid, "another"]);
  });

  test("an object whose label was taken away is modified and not deleted", async () => {
    const { settings } = await shop();
    h.cluster.put({ ...settings, metadata: { ...settings.metadata, labels: {} } });
    await eventually(() => said().at(-1)?.[1]).toBe("modified");
    expect(h.published.at(-1)?.message, "it is there, and as well as it is").toMatchObject({
      ...{ health: "Healthy", unhealthy: [] },
    });
  });

  test("a watch that lags behind the new inventory makes no drift", async () => {
    const { web, settings } = await shop();
    h.cluster.lagging = true;
    const changed = h.cluster.put({ ...settings, data: { key: "2" } });
    h.synced("shop", [web, changed]);
    await eventually(() => h.cluster.reads).toEqual(["ConfigMap default/settings"]);
    await quiet();
    h.cluster.catchUp();
    await quiet();
    expect(h.published).toEqual([]);
  });
});

describe("while an operation runs", () => {
  test("health is reported and drift is not, and afterwards the new inventory counts without a read", async () => {
    const { web, settings } = await shop();
    h.set("shop", { running: "op1" });
    const changed = h.cluster.put({ ...settings, data: { key: "2" } });
    const rolling = h.cluster.put({ ...web, status: deployment("shop", "web", 1)["status"] });
    await eventually(said).toEqual([["Progressing", ""]]);
    const done = h.cluster.put({ ...rolling, status: web["status"] });
    await eventually(said).toEqual([
      ["Progressing", ""],
      ["Healthy", ""],
    ]);
    h.synced("shop", [done, changed]);
    h.set("shop", { running: undefined } as never);
    await quiet();
    expect(h.published).toHaveLength(2);
    expect(h.cluster.reads).toEqual([]);
  });

  test("the end of a roll-out is told even when its beginning was too short to be", async () => {
    const { web } = await shop();
    h.set("shop", { running: "op1" });
    await quiet(120);
    h.cluster.put({ ...web, status: deployment("shop", "web", 1)["status"] });
    h.cluster.put(web);
    await eventually(() => said().at(-1)).toEqual(["Healthy", ""]);
  });

  test("drift that was there when it ended is reported then", async () => {
    const { web, settings } = await shop();
    h.set("shop", { running: "op1" });
    h.cluster.put({ ...settings, data: { key: "sabotage" } });
    await quiet();
    expect(h.published).toEqual([]);
    h.synced("shop", [web, settings], { running: undefined } as never);
    await eventually(said).toEqual([["Healthy", "modified"]]);
  });

  test("a resource is followed as soon as the operation names it", async () => {
    watcher = h.start();
    h.set("new", { cluster: "c1", resources: ["v1/configmaps"], running: "op1" });
    await following("configmaps");
    h.set("new", { resources: ["v1/configmaps", "apps/v1/deployments"] });
    await following("configmaps", "deployments");
    h.set("new", { resources: ["apps/v1/deployments"] });
    await following("deployments");
    h.drop("new");
    await following();
  });
});

describe("a cluster that cannot be reached", () => {
  beforeEach(() => {
    h = harness({ graceMs: 300 });
  });

  test("is Unknown after the grace and never Missing, and recovers alone", async () => {
    const { settings } = await shop();
    h.cluster.cut();
    await eventually(said).toEqual([["Unknown", ""]]);
    h.cluster.down = false;
    await eventually(said).toEqual([
      ["Unknown", ""],
      ["Healthy", ""],
    ]);
    h.cluster.cut();
    h.cluster.remove(settings);
    await eventually(() => said().length).toBe(3);
    h.cluster.down = false;
    await eventually(() => said().at(-1)).toEqual(["Missing", "deleted"]);
    expect(h.published.every(({ message }) => message.health !== "Missing" || message.drifted.length > 0)).toBe(true);
    expect(h.published.at(-1)?.message.drifted[0]?.uid).toBe(settings.metadata.uid);
  });

  test("keeps what was said of drift", async () => {
    const { settings } = await shop();
    h.cluster.put({ ...settings, data: { key: "2" } });
    await eventually(said).toEqual([["Healthy", "modified"]]);
    h.project(h.published[0]!.message);
    h.cluster.cut();
    await eventually(said).toEqual([
      ["Healthy", "modified"],
      ["Unknown", "modified"],
    ]);
  });

  test("is not reported when it never was reached within the grace", async () => {
    h.cluster.down = true;
    h.synced("shop", []);
    h.set("shop", { resources: ["v1/configmaps"] });
    watcher = h.start();
    await quiet(200);
    expect(h.published).toEqual([]);
  });
});

test("a report that could not be stored is published later, with all that changed meanwhile", async () => {
  const { settings } = await shop();
  h.faults.intake = 1;
  h.cluster.put({ ...settings, data: { key: "2" } });
  await eventually(said).toEqual([["Healthy", "modified"]]);
});

test("a lost lease ends the watches, and with the next one they begin again", async () => {
  const { settings } = await shop();
  expect(h.leases.held).toBe(1);
  h.leases.lose?.();
  await eventually(() => h.leases.held).toBe(1);
  await following("configmaps", "deployments");
  h.cluster.put({ ...settings, data: { key: "2" } });
  await eventually(said).toEqual([["Healthy", "modified"]]);
  await watcher?.stop();
  expect(h.leases.held).toBe(0);
  expect([...h.cluster.watched]).toEqual([]);
});

test("an object that no inventory knows counts for nothing", async () => {
  await shop();
  h.cluster.put(deployment("shop", "stranger", 0));
  h.cluster.put(configMap("unheard-of", "other", "1"));
  await quiet();
  expect(h.published).toEqual([]);
});

test("objects, lines and restarts are counted", async () => {
  await shop();
  h.cluster.put(deployment("shop", "stranger", 0));
  await eventually(async () => (await h.metrics.metrics()).includes('type="upserted"} 1')).toBe(true);
  const text = await h.metrics.metrics();
  expect(text).toContain('sluice_watched_objects{cluster="c1"} 3');
  h.cluster.cut();
  const restarts = 'sluice_watch_restarts_total{cluster="c1",reason="connection"} 2';
  await eventually(() => h.metrics.metrics()).toContain(restarts);
});
