import { afterEach, describe, expect, test } from "vitest";
import type { HealthSandbox } from "../../../adapters/health-checks/sandbox.ts";
import type { RawObject } from "../../../schemas/artifact.ts";
import { ResourceCustomizationSpec } from "../../../schemas/kinds/resource-customization.ts";
import type { ResourceCustomizationView, ViewName } from "../../../schemas/views.ts";
import { createHealthChecks, type HealthChecks } from "../../../services/server/health-checks.ts";

type Mask = (object: RawObject) => RawObject;

let checks: HealthChecks | undefined;
afterEach(() => checks?.close());

function started({ mask = (object: RawObject) => object, sandbox }: { mask?: Mask; sandbox?: HealthSandbox } = {}) {
  const rows = new Map<string, ResourceCustomizationView>();
  const listeners = new Set<(view: ViewName, key: string) => void>();
  const made = createHealthChecks({
    views: { list: () => [...rows.values()].map((value) => ({ value })) },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    mask,
    ...(sandbox && { sandbox }),
  });
  checks = made;
  const tell = (name: string): void => {
    for (const listener of listeners) listener("resourceCustomizations", name);
  };
  return {
    checks: made,
    listeners,
    set(name: string, spec: object) {
      const about = { name, labels: {}, annotations: {}, createdAt: "", updatedAt: "", sequence: 1 };
      rows.set(name, { ...about, spec: ResourceCustomizationSpec.parse(spec) });
      tell(name);
    },
    remove(name: string) {
      rows.delete(name);
      tell(name);
    },
  };
}

const database = (status: object): RawObject => ({
  apiVersion: "db.example.com/v1",
  kind: "Database",
  metadata: { name: "orders", managedFields: [{ manager: "x" }] },
  status,
});
const says = (status: string, group = "db.example.com", kind = "Database") => ({
  group,
  kind,
  health: { lua: `return { status = "${status}", message = obj.metadata.name }` },
});

describe("health checks of ResourceCustomizations", () => {
  test("a kind that none is about is left to what is built in, without a promise", () => {
    const { checks: all, set } = started();
    expect(all.own(database({}))).toBeUndefined();
    set("queues", says("Healthy", "mq.example.com", "Queue"));
    expect(all.own(database({}))).toBeUndefined();
  });

  test("follow the view: made, changed, deleted", async () => {
    const { checks: all, set, remove } = started();
    set("db", says("Degraded"));
    expect(await all.own(database({}))).toEqual({ status: "Degraded", message: "orders" });
    set("db", says("Healthy"));
    expect(await all.own(database({}))).toMatchObject({ status: "Healthy" });
    remove("db");
    expect(all.own(database({}))).toBeUndefined();
  });

  test("the most specific one judges", async () => {
    const { checks: all, set } = started();
    set("all", says("Degraded", "*", "*"));
    set("ours", says("Suspended", "*.example.com", "*"));
    expect(await all.own(database({}))).toMatchObject({ status: "Suspended" });
    set("exact", says("Healthy"));
    expect(await all.own(database({}))).toMatchObject({ status: "Healthy" });
  });

  test("tell of a change with the groups that it is about, before and after", () => {
    const { checks: all, set } = started();
    const told: boolean[][] = [];
    all.onChange((concerns) => told.push(["apps", "db.example.com", ""].map(concerns)));
    set("x", says("Healthy"));
    set("x", says("Healthy", "apps", "Deployment"));
    expect(told).toEqual([
      [false, true, false],
      [true, true, false],
    ]);
  });

  test("no check sees a Secret's value, nor who manages which field", async () => {
    const masked = (object: RawObject) =>
      object.kind === "Secret" ? { ...object, data: { password: "keyed:1" } } : object;
    const { checks: all, set } = started({ mask: masked });
    set("secrets", {
      kind: "Secret",
      health: {
        lua: `return { status = "Degraded", message = obj.data.password .. tostring(obj.metadata.managedFields) }`,
      },
    });
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "s", managedFields: [{}] },
      data: { password: "aHVudGVyMg==" },
    };
    expect(await all.own(secret)).toEqual({ status: "Degraded", message: "keyed:1nil" });
  });

  test("a loop makes its objects Degraded with the reason, and others are judged meanwhile", async () => {
    const { checks: all, set } = started();
    set("db", { group: "db.example.com", kind: "Database", health: { lua: "while true do end" } });
    set("queues", says("Healthy", "mq.example.com", "Queue"));
    const queue: RawObject = { ...database({}), apiVersion: "mq.example.com/v1", kind: "Queue" };
    await all.own(queue);
    const looping = all.own(database({}));
    expect(await all.own(queue)).toMatchObject({ status: "Healthy" });
    expect(await looping).toEqual({
      status: "Degraded",
      message: "the health check of ResourceCustomization db failed: it exceeded 1 s",
    });
  });

  test("what went too far is judged anew once it may run again, and not once it was changed", async () => {
    const sandbox: HealthSandbox = {
      judge: async () => ({ outcome: "failed", message: "it exceeded 1 s", tooFar: true, againInMs: 30 }),
      look: async () => [],
      close: async () => undefined,
    };
    const { checks: all, set } = started({ sandbox });
    const told: boolean[] = [];
    all.onChange((concerns) => told.push(concerns("db.example.com")));
    set("db", says("Healthy"));
    await Promise.all([all.own(database({})), all.own(database({}))]);
    expect(told).toEqual([true]);
    await expect.poll(() => told, { timeout: 10_000 }).toEqual([true, true]);
    await all.own(database({}));
    set("db", says("Degraded"));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(told).toEqual([true, true, true]);
  });

  test("once closed it follows nothing", async () => {
    const { checks: all, listeners } = started();
    await all.close();
    expect(listeners.size).toBe(0);
  });
});
