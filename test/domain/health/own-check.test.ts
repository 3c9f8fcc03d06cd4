import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  checkFor,
  covers,
  customizationsOf,
  healthByCheck,
  type Customization,
} from "../../../domain/health/own-check.ts";
import { live } from "./cases.ts";

const check = { lua: "return obj.status" };
const about = (name: string, group: string, kind: string, health: typeof check | null = check): Customization => ({
  name,
  spec: { group, kind, ...(health && { health }) },
});
const named = (all: Customization[], group: string, kind: string): string | undefined =>
  checkFor(all, group, kind)?.name;

describe("which customization is about a kind", () => {
  test.each([
    ["apps", "Deployment", "apps", "Deployment", true],
    ["apps", "Deployment", "apps", "StatefulSet", false],
    ["", "Pod", "", "Pod", true],
    ["", "Pod", "apps", "Pod", false],
    ["*", "Deployment", "apps", "Deployment", true],
    ["*", "*", "", "Secret", true],
    ["*.example.com", "*", "db.example.com", "Database", true],
    ["*.example.com", "*", "a.b.example.com", "Database", true],
    ["*.example.com", "*", "example.com", "Database", false],
    ["*.example.com", "*", "notexample.com", "Database", false],
    ["apps", "*Set", "apps", "ReplicaSet", true],
    ["apps", "*Set", "apps", "Deployment", false],
    ["apps", "D*S*", "apps", "DaemonSet", true],
    ["apps", "A*A", "apps", "A", false],
  ])("%s %s: %s/%s %s", (group, kind, ofGroup, ofKind, expected) => {
    expect(covers(about("x", group, kind), ofGroup, ofKind)).toBe(expected);
  });

  test("the most specific one wins: by its group, then by its kind, then by its name", () => {
    const all = [
      about("any", "*", "*"),
      about("ending", "*.example.com", "*"),
      about("longer-ending", "*.db.example.com", "*"),
      about("kind", "*", "Database"),
      about("group", "eu.db.example.com", "*"),
      about("exact", "eu.db.example.com", "Database"),
    ];
    expect(named(all, "eu.db.example.com", "Database")).toBe("exact");
    expect(named(all, "eu.db.example.com", "Backup")).toBe("group");
    expect(named(all, "us.db.example.com", "Backup")).toBe("longer-ending");
    expect(named(all, "q.example.com", "Queue")).toBe("ending");
    expect(named(all, "other.io", "Database")).toBe("kind");
    expect(named(all, "", "Pod")).toBe("any");
    expect(named([about("b", "", "Pod"), about("a", "", "Pod")], "", "Pod")).toBe("a");
    expect(named([], "", "Pod")).toBeUndefined();
  });

  test("one without a check leaves judging to a less specific one that has one", () => {
    expect(named([about("fields", "apps", "Deployment", null), about("any", "*", "*")], "apps", "Deployment")).toBe(
      "any",
    );
  });

  test("the order in which they were made makes no difference", () => {
    const some = fc.array(
      fc.record({
        name: fc.constantFrom("a", "b", "c"),
        group: fc.constantFrom("*", "*.io", "x.io", ""),
        kind: fc.constantFrom("*", "A*", "Ab"),
      }),
    );
    fc.assert(
      fc.property(some, (parts) => {
        const all = [...new Map(parts.map((one) => [one.name, about(one.name, one.group, one.kind)])).values()];
        expect(customizationsOf(all.toReversed(), "x.io", "Ab")).toEqual(customizationsOf(all, "x.io", "Ab"));
      }),
    );
  });
});

describe("what the outcome of a check means", () => {
  const failedJob = live("batch/v1", "Job", {
    status: { conditions: [{ type: "Failed", status: "True", message: "no" }] },
  });

  test("its verdict stands, whatever is built in for the kind", () => {
    expect(healthByCheck(failedJob, "jobs", { outcome: "judged", status: "Healthy" })).toEqual({ status: "Healthy" });
  });

  test("one that has nothing to say leaves the kind as it is without it, or waits for its Healthy", () => {
    expect(healthByCheck(failedJob, "jobs", { outcome: "silent", waits: false })).toEqual({
      status: "Degraded",
      message: "no",
    });
    expect(healthByCheck(failedJob, "jobs", { outcome: "silent", waits: true })).toEqual({
      status: "Progressing",
      message: "no rule of ResourceCustomization jobs is true yet",
    });
  });

  test("one that is put off for what it did to other objects leaves this one Unknown, not Degraded", () => {
    expect(
      healthByCheck(failedJob, "jobs", { outcome: "postponed", message: "it exceeded 1 s", againInMs: 1 }),
    ).toEqual({
      status: "Unknown",
      message: "the health check of ResourceCustomization jobs is not run for now: it exceeded 1 s on other objects",
    });
  });

  test("one whose answer is no health leaves the object Unknown, with its name and the reason", () => {
    const message = 'it returned an invalid health status: "Great"';
    expect(healthByCheck(failedJob, "jobs", { outcome: "failed", noHealth: true, message })).toEqual({
      status: "Unknown",
      message: `the health check of ResourceCustomization jobs failed: ${message}`,
    });
  });

  test("one that failed makes the object Degraded, with its name and the reason", () => {
    expect(healthByCheck(failedJob, "jobs", { outcome: "failed", message: "it exceeded 1 s" })).toEqual({
      status: "Degraded",
      message: "the health check of ResourceCustomization jobs failed: it exceeded 1 s",
    });
  });
});
