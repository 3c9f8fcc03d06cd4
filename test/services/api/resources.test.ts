import { expect, it } from "vitest";
import { applicationObject, resourceViews } from "../../../services/api/answers.ts";
import type { Inventory, Plan, Report } from "../../../schemas/artifact.ts";
import type { ApplicationView } from "../../../schemas/views.ts";

const view = { drift: [], health: { status: "Missing", since: "", objects: [] } } as unknown as ApplicationView;
const key = (group: string, kind: string) => ({ group, kind, namespace: "shop", name: "a" });
const inventory: Inventory = {
  version: 1,
  application: "web",
  cluster: "prod",
  entries: [
    {
      key: key("", "ConfigMap"),
      apiVersion: "v1",
      resource: "configmaps",
      namespaced: true,
      uid: "u1",
      fields: null,
      fieldSet: null,
    } as unknown as Inventory["entries"][number],
  ],
};
const outcome = (more: object) => ({ health: "Missing", action: "create", result: "failed", ...more });

it("objects that could not be made, such as of kinds that are not served, are listed with why", () => {
  const outcomes = [
    outcome({ key: key("", "ConfigMap"), apiVersion: "v1", message: "refused" }),
    outcome({ key: key("example.com", "Widget"), apiVersion: "example.com/v1", message: "the kind is not served" }),
    outcome({ key: key("", "Secret"), apiVersion: "v1", action: "prune" }),
    outcome({ key: key("batch", "Job"), apiVersion: "batch/v1", hook: "PreSync" }),
    outcome({ key: key("", "Service"), apiVersion: "v1", result: "applied" }),
  ];
  const report = { version: 1, outcomes } as unknown as Report;
  const listed = resourceViews(view, inventory, { report });
  expect(listed.map(({ kind }) => kind)).toEqual(["ConfigMap", "Widget"]);
  expect(listed[1]).toMatchObject({
    ...{ apiVersion: "example.com/v1", uid: null, sync: "OutOfSync", health: "Missing" },
    message: "the kind is not served",
  });
});

const owned = (name: string): Inventory["entries"][number] =>
  ({ ...inventory.entries[0]!, key: { ...key("", "Service"), name }, fields: "f" }) as Inventory["entries"][number];
const both: Inventory = { ...inventory, entries: [owned("a"), owned("b")] };
const wellThen = ["a", "b"].map((name) =>
  outcome({ key: { ...key("", "Service"), name }, result: "applied", health: "Healthy" }),
);
const report = { version: 1, outcomes: wellThen } as unknown as Report;
const healths = (of: object, more: { plan?: Plan; report?: Report } = {}) =>
  resourceViews({ ...view, ...of } as ApplicationView, both, { report, ...more }).map(({ health }) => health);
const noted = (reason: string) => ({ object: "/Service/shop/a", reason });

it("of an object what was said last counts, and one that is not named among the unhealthy is healthy", () => {
  const health = { status: "Missing", since: "", objects: [noted("Missing")] };
  const before = { ...report, outcomes: wellThen.map((one) => ({ ...one, health: "Progressing" })) } as never;
  expect(healths({ health }, { report: before })).toEqual(["Missing", "Healthy"]);
  const ended = { health: { ...health, objects: [noted("Progressing")] }, last: { noted: [noted("Progressing")] } };
  expect(healths(ended, { report: before }), "as the operation left them").toEqual(["Progressing", "Progressing"]);
});

it("a deleted object is Missing, whatever the last report says", () => {
  const drift = [{ object: "/Service/shop/b", uid: "u", change: "deleted", managers: [] }];
  expect(healths({ drift, health: { status: "Unknown", since: "", objects: [] } })).toEqual(["Healthy", "Missing"]);
});

it("what the running operation changes is not called Healthy", () => {
  const steps = [
    { key: owned("a").key, action: "update" },
    { key: owned("b").key, action: "unchanged" },
  ];
  const plan = { steps } as unknown as Plan;
  expect(healths({ running: "op" }, { plan })).toEqual(["Progressing", "Healthy"]);
});

it("an application is not called Healthy while an operation changes it", () => {
  const healthy = { ...view, health: { status: "Healthy", since: "1", objects: [] } };
  const shown = (more: object) =>
    applicationObject({ ...healthy, ...more } as unknown as ApplicationView).status.health;
  expect(shown({ running: "op", sync: { status: "OutOfSync", since: "2" } })).toEqual({
    ...{ status: "Progressing", since: "2", objects: [] },
  });
  expect(shown({ running: "op", sync: { status: "Synced", since: "2" } }).status).toBe("Healthy");
  expect(shown({ sync: { status: "OutOfSync", since: "2" } }).status).toBe("Healthy");
});
