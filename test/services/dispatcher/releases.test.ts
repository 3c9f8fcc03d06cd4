import { pino } from "pino";
import { afterEach, describe, expect, test, vi } from "vitest";
import { startReleases } from "../../../services/dispatcher/releases.ts";
import type { Service } from "../../../services/service.ts";
import { ApplicationSpec, type Dependency } from "../../../schemas/kinds/application.ts";
import type { ApplicationView, ViewName, Views } from "../../../schemas/views.ts";

const AT = "2026-05-04T12:00:00.000Z";
const log = pino({ level: "silent" });

type Held = NonNullable<ApplicationView["held"]>;
const held = (reason: string): Held => ({ operation: "op", reason, message: "it waits", since: AT });

function application(
  name: string,
  more: Partial<ApplicationView> & { dependsOn?: Dependency[]; project?: string } = {},
) {
  const { dependsOn, project, ...rest } = more;
  const spec = ApplicationSpec.parse({
    source: { repoURL: "https://git.example/shop.git" },
    destination: { name: "prod" },
    ...(dependsOn && { dependsOn }),
    ...(project && { project }),
  });
  const view: ApplicationView = {
    ...{ name, labels: {}, annotations: {}, spec, createdAt: AT, updatedAt: AT, drift: [], resources: [], sequence: 1 },
    sync: { status: "Synced", since: AT },
    health: { status: "Healthy", since: AT, objects: [] },
    last: {
      ...{ id: "before", application: name, kind: "sync", result: "Succeeded", noted: [], durationMs: 5 },
      ...{ trigger: { type: "push", actor: { kind: "system", name: "git" }, cause: "c" } },
      ...{ endedAt: "2026-05-04T12:00:10.000Z", firstSequence: 1, lastSequence: 1 },
    },
    ...rest,
  };
  return view;
}

let services: Service[] = [];
afterEach(async () => {
  await Promise.all(services.map((service) => service.stop()));
  services = [];
});

/** Views in memory, and who was told. */
function world(...views: ApplicationView[]) {
  const rows = new Map(views.map((view) => [view.name, view]));
  const listeners = new Set<(view: ViewName, key: string) => void>();
  const told: string[] = [];
  const followed: { name: string; signal: AbortSignal; changed(): void }[] = [];
  const released = vi.fn(async (name: string) => void told.push(name));
  const start = () => {
    const service = startReleases({
      views: {
        get: <View extends ViewName>(_: View, key: string) => rows.get(key) as Views[View] | undefined,
        list: <View extends ViewName>(_: View, { after }: { after?: string } = {}) =>
          after === undefined ? [...rows].map(([key, value]) => ({ key, value: value as Views[View] })) : [],
        onChange: (listener) => {
          listeners.add(listener);
          return () => void listeners.delete(listener);
        },
      },
      operations: { released },
      follow: ({ name }, options) => void followed.push({ name, ...options }),
      log,
      spacingMs: 5,
    });
    services.push(service);
    return service;
  };
  return {
    start,
    told,
    followed,
    released,
    change(view: ApplicationView) {
      rows.set(view.name, view);
      for (const listener of listeners) listener("applications", view.name);
    },
    projectChanges: (name: string) => listeners.forEach((listener) => listener("projects", name)),
    /** Everything that was to be told by now is. */
    settled: () => new Promise((resolve) => setTimeout(resolve, 30)),
  };
}

const ON_DB: Dependency[] = [{ application: "db" }];
const WAITING = { held: held("DependencyNotReady"), dependsOn: ON_DB };
const BUSY = { running: "op-db" };

describe("what is held", () => {
  test("is told once when the process starts, whatever holds it", async () => {
    const { start, told, settled } = world(
      application("free"),
      application("web", { held: held("SyncWindowClosed") }),
      application("api", WAITING),
      application("db", BUSY),
    );
    start();
    await settled();
    expect(told.toSorted()).toEqual(["api", "web"]);
  });

  test("is told when what it depends on has got there, and not before", async () => {
    const { start, told, change, settled } = world(application("web"), application("db", BUSY));
    start();
    change(application("web", WAITING));
    change(application("db", { sync: { status: "OutOfSync", since: AT } }));
    change(application("db", { health: { status: "Progressing", since: AT, objects: [] } }));
    await settled();
    expect(told).toEqual([]);
    change(application("db"));
    await settled();
    expect(told).toEqual(["web"]);
  });

  test("is told at once when what it waits for came before its own word that it waits", async () => {
    const { start, told, change, settled } = world(application("web"), application("db"));
    start();
    change(application("web", WAITING));
    await settled();
    expect(told).toEqual(["web"]);
  });

  test("is not told of what others wait for, nor when it is held no more", async () => {
    const { start, told, change, settled } = world(application("web"), application("db", BUSY), application("mail"));
    start();
    change(application("web", WAITING));
    change(application("mail"));
    change(application("web"));
    change(application("db"));
    await settled();
    expect(told).toEqual([]);
  });

  test("by a window is told when its project changes", async () => {
    const inShop = { held: held("SyncWindowClosed"), project: "shop" };
    const { start, told, change, projectChanges, settled } = world(application("web"));
    start();
    change(application("web", inShop));
    change(application("blog", { ...inShop, project: "blog" }));
    change(application("api", { ...WAITING, project: "shop", dependsOn: [{ application: "nowhere" }] }));
    projectChanges("shop");
    await settled();
    expect(told).toEqual(["web"]);
  });

  test("is told of a change of an object that it follows, which ends with the hold", async () => {
    const resource = { apiVersion: "v1", kind: "ConfigMap", name: "ready" };
    const { start, told, change, followed, settled } = world(application("web"));
    start();
    change(application("web", { held: held("DependencyNotReady"), dependsOn: [{ resource }] }));
    expect(followed.map(({ name }) => name)).toEqual(["web"]);
    followed[0]!.changed();
    await settled();
    expect(told).toEqual(["web"]);
    expect(followed[0]!.signal.aborted).toBe(false);
    change(application("web"));
    expect(followed[0]!.signal.aborted).toBe(true);
  });

  test("a storm of changes is a few words", async () => {
    const resource = { apiVersion: "v1", kind: "ConfigMap", name: "ready" };
    const { start, told, change, followed, settled } = world(application("web"));
    start();
    change(application("web", { held: held("DependencyNotReady"), dependsOn: [{ resource }] }));
    for (let count = 0; count < 1_000; count += 1) followed[0]!.changed();
    await settled();
    expect(told.length).toBeGreaterThan(0);
    expect(told.length).toBeLessThanOrEqual(2);
  });

  test("is told again until the word is taken", async () => {
    const { start, told, released, settled } = world(application("web", { held: held("SyncWindowClosed") }));
    released.mockRejectedValueOnce(new Error("away")).mockRejectedValueOnce(new Error("away"));
    start();
    await expect.poll(() => told, { timeout: 5_000 }).toEqual(["web"]);
    await settled();
    expect(released).toHaveBeenCalledTimes(3);
  });
});
