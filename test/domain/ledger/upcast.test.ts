import { describe, expect, test } from "vitest";
import { EVENTS } from "../../../schemas/events/index.ts";
import { newestVersion, upcast, UPCASTERS } from "../../../domain/ledger/upcast.ts";
import type { Upcasters } from "../../../domain/ledger/upcast.ts";

/** HealthChanged as if it had begun with one word, then a pair, then today's form. */
const table: Upcasters = {
  HealthChanged: [
    (data: { health: string }) => ({ was: "Unknown", is: data.health }),
    (data: { was: string; is: string }) => ({ from: data.was, to: data.is, objects: [] }),
  ],
};

describe("upcasting", () => {
  test("takes the oldest version through every step, and the result fits today's schema", () => {
    const upcasted = upcast({ type: "HealthChanged", v: 1, data: { health: "Degraded" } }, table);
    expect(upcasted?.data).toEqual({ from: "Unknown", to: "Degraded", objects: [] });
    expect(EVENTS.application.HealthChanged.safeParse(upcasted?.data).success).toBe(true);
  });

  test("begins at the version of the event", () => {
    const upcasted = upcast({ type: "HealthChanged", v: 2, data: { was: "Healthy", is: "Missing" } }, table);
    expect(upcasted?.data).toEqual({ from: "Healthy", to: "Missing", objects: [] });
  });

  test("leaves the newest version and types without a table as they are", () => {
    const data = { from: "Healthy", to: "Missing", objects: [] };
    expect(upcast({ type: "HealthChanged", v: 3, data }, table)?.data).toBe(data);
    expect(upcast({ type: "ProjectDeleted", v: 1, data }, table)?.data).toBe(data);
  });

  test.each([
    ["HealthChanged", 4],
    ["HealthChanged", 0],
    ["HealthChanged", 1.5],
    ["ProjectDeleted", 2],
  ])("does not guess at %s version %s", (type, v) => {
    expect(upcast({ type, v, data: {} }, table)).toBeUndefined();
  });

  test("writes one version above the number of steps", () => {
    expect(newestVersion("HealthChanged", table)).toBe(3);
    expect(newestVersion("ProjectDeleted", table)).toBe(1);
  });

  test("has steps for events that exist only", () => {
    const types = Object.values(EVENTS).flatMap((events) => Object.keys(events));
    expect(Object.keys(UPCASTERS).filter((type) => !types.includes(type))).toEqual([]);
  });
});
