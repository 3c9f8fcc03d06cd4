import { describe, expect, test } from "vitest";
import { applicationDecider } from "../../../domain/application/decider.ts";
import type { Command } from "../../../domain/application/command.ts";
import { type Rows, project } from "../../../domain/projections/project.ts";
import type { ApplicationEvent } from "../../../schemas/events/index.ts";
import type { Others } from "../../../schemas/operation.ts";
import type { ApplicationView, OperationView } from "../../../schemas/views.ts";
import { configuration, counts, end, start, success } from "../application/examples.ts";
import { recorded } from "./events.ts";

/** What a dry run and a sync of selected objects leave behind, from the command to what everybody sees. */

function after(...commands: Command[]) {
  const { decide, evolve, initial } = applicationDecider;
  let state = initial;
  const events: ApplicationEvent[] = [];
  for (const command of [{ type: "CreateApplication", ...configuration() } as const, ...commands]) {
    const decided = decide(command, state);
    state = decided.reduce(evolve, state);
    events.push(...decided);
  }
  const tables = new Map<string, unknown>();
  const rows = {
    get: (view: string, key: string) => tables.get(`${view} ${key}`),
    set: (view: string, key: string, value: unknown) => void tables.set(`${view} ${key}`, value),
    remove: (view: string, key: string) => void tables.delete(`${view} ${key}`),
  } as Rows;
  for (const one of recorded({ type: "application", name: "guestbook" }, events)) project(rows, one);
  const operation = (id: string) => tables.get(`operations guestbook/${id}`) as OperationView;
  return { state, events, view: tables.get("applications guestbook") as ApplicationView, operation };
}

const whole = [start("whole"), end("whole", success("inventory-1"))];
const options = { resources: [{ kind: "ConfigMap", name: "a" }] };
const next = { revision: "bead", sourceDigest: "source-2", artifact: "artifact-2" };
const some = (others: Partial<Others> = {}, outcome = success("inventory-2")): Command[] => [
  start("some", { ...next, options, others: { count: 2, sync: "OutOfSync", health: "Healthy", ...others } }),
  end("some", outcome),
];

describe("a sync of selected objects", () => {
  test("leaves the application OutOfSync while the others are, and where it was deployed", () => {
    const { view, state, operation } = after(...whole, ...some());
    expect(view.sync).toMatchObject({ status: "OutOfSync", revision: "c0ffee", sourceDigest: "source-1" });
    expect(view.deployed?.operation).toBe("whole");
    expect(state.deployed?.operation).toBe("whole");
    expect([view.inventory, state.inventory]).toEqual(["inventory-2", "inventory-2"]);
    expect(operation("some")).toMatchObject({ result: "Succeeded", options, others: { count: 2, sync: "OutOfSync" } });
  });

  test("makes it Synced with the rest of it", () => {
    const { view } = after(...whole, ...some({ sync: "Synced" }));
    expect(view.sync).toMatchObject({ status: "Synced", revision: "bead", sourceDigest: "source-2" });
    expect(view.deployed?.operation).toBe("whole");
  });

  test("counts the health of the others", () => {
    const { view, state } = after(...whole, ...some({ health: "Degraded" }));
    expect([view.health.status, state.health]).toEqual(["Degraded", "Degraded"]);
  });

  test("that fails keeps the commit from being taken for tried", () => {
    const failed = { result: "Failed", code: "ApplyFailed", message: "no", failures: [], counts } as const;
    const { view } = after(...whole, ...some({}, { ...failed, failures: [] }));
    expect(view.sync).toMatchObject({ status: "OutOfSync", sourceDigest: "source-1" });
  });

  test("says nothing of drift that it left alone", () => {
    const drifted = [{ object: "/ConfigMap/web/b", uid: null, change: "deleted", managers: [] } as const];
    const message = {
      ...{ type: "cluster.changed", cluster: "prod", application: "guestbook", health: "Healthy", unhealthy: [] },
      ...{ drifted: drifted.map((one) => ({ ...one, managers: [] })), inventory: "inventory-1", observedAt: "t" },
    } as const;
    const observed = { type: "ObserveCluster", message: { ...message, unhealthy: [], drifted: [...message.drifted] } };
    const { state, view } = after(...whole, observed as Command, ...some());
    expect(state.drift).toHaveLength(1);
    expect(view.drift).toHaveLength(1);
  });
});

describe("a dry run", () => {
  const tried = end(
    "tried",
    { result: "DryRun", options: { dryRun: true }, counts, plan: "plan-9", report: "report-9", failures: [] },
    next,
  );

  test("is an operation of its own and changes nothing else that is seen", () => {
    const before = after(...whole);
    const { view, state, operation } = after(...whole, tried);
    expect({ ...view, sequence: 0 }).toEqual({ ...before.view, sequence: 0 });
    expect({ ...state, ended: [] }).toEqual({ ...before.state, ended: [] });
    expect(operation("tried")).toMatchObject({ result: "DryRun", report: "report-9", revision: "bead", counts });
  });

  test("is recorded once", () => expect(after(...whole, tried, tried).events).toHaveLength(4));
});

describe("a hold", () => {
  const held = (more: object = {}): Command => ({
    ...{ type: "HoldOperation", operation: "op", kind: "sync", reason: "SyncWindowClosed", message: "night" },
    trigger: { type: "push", actor: { kind: "webhook", name: "git" }, cause: "c" },
    ...more,
  });

  test("shows what it holds back, until it begins", () => {
    const compared = { revision: "bead", sync: "OutOfSync" } as const;
    const { view } = after(...whole, held({ compared, until: "2026-01-01T06:00:00Z" }));
    expect(view.held).toMatchObject({ operation: "op", reason: "SyncWindowClosed", until: "2026-01-01T06:00:00Z" });
    // What it would bring is no deployment, and its commit still counts as new.
    expect(view.sync).toMatchObject({ status: "OutOfSync", revision: "c0ffee", sourceDigest: "source-1" });
    expect(after(...whole, held(), start("op")).view.held).toBeUndefined();
  });

  test("is said again only when it is another one", () => {
    expect(after(held(), held(), held({ message: "day" })).events).toHaveLength(3);
  });

  test("that is overridden stands with the operation", () => {
    const by = { kind: "user", name: "ada" } as const;
    const override: Command = { type: "OverrideWindow", operation: "op", windows: ["deny"], reason: "it burns", by };
    const { operation, events } = after({ type: "InOrder", commands: [start("op"), override] });
    expect(events.map(({ type }) => type)).toEqual(["ApplicationCreated", "OperationStarted", "SyncWindowOverridden"]);
    expect(operation("op").overridden).toEqual({ windows: ["deny"], reason: "it burns" });
    expect(after(override).events).toHaveLength(1);
  });
});
