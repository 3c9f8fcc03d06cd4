import fc from "fast-check";
import { expect, test } from "vitest";
import { evaluateGates } from "../../../domain/gate/evaluate.ts";
import type { PromotionWindow } from "../../../schemas/kinds/gate.ts";
import { inputOf } from "./input.ts";

const freeze = (window: Partial<PromotionWindow>): PromotionWindow => ({
  ...{ kind: "deny", schedule: "0 18 * * 5", duration: "60h", timeZone: "Europe/Berlin" },
  ...window,
});
const said = (windows: PromotionWindow[], now: string) =>
  evaluateGates(inputOf({ gates: [{ name: "w", windows }] }, { now })).find(({ gate }) => gate === "w")!;

test("a deny window holds until it closes, by the clock of its time zone", () => {
  expect(said([freeze({})], "2026-11-20T16:59:59Z")).toMatchObject({
    state: "pass",
    until: "2026-11-20T17:00:00.000Z",
  });
  expect(said([freeze({})], "2026-11-20T17:00:00Z")).toMatchObject({
    ...{ state: "wait", reason: "WindowClosed", until: "2026-11-23T05:00:00.000Z" },
  });
  expect(said([freeze({})], "2026-11-23T05:00:00Z")).toMatchObject({ state: "pass" });
});

test("the same window over a change of the clock: it opens by the clock on the wall and lasts as long as it says", () => {
  // Clocks go back on Sunday 2026-10-25 at 03:00; Friday 18:00 is 16:00 UTC, and 60 hours later it is 05:00 on Monday there.
  expect(said([freeze({})], "2026-10-23T15:59:59Z").state).toBe("pass");
  expect(said([freeze({})], "2026-10-23T16:00:00Z")).toMatchObject({
    state: "wait",
    until: "2026-10-26T04:00:00.000Z",
  });
  // Clocks go forward on Sunday 2026-03-29: an opening at 02:30, which no clock shows, is not lost.
  const night = freeze({ kind: "allow", schedule: "30 2 * * *", duration: "1h" });
  const open = [...Array.from({ length: 24 }).keys()].filter((hour) => {
    const now = new Date(Date.UTC(2026, 2, 29, hour, 31)).toISOString();
    return said([night], now).state === "pass";
  });
  expect(open).toHaveLength(1);
});

test("of allow windows one has to be open, and a deny window beats it", () => {
  const day = freeze({ kind: "allow", schedule: "0 9 * * 1-5", duration: "8h", timeZone: "UTC" });
  const lunch = freeze({ kind: "deny", schedule: "0 12 * * *", duration: "1h", timeZone: "UTC" });
  expect(said([day, lunch], "2026-11-20T10:00:00Z").state).toBe("pass");
  expect(said([day, lunch], "2026-11-20T12:30:00Z")).toMatchObject({ until: "2026-11-20T13:00:00.000Z" });
  expect(said([day, lunch], "2026-11-20T17:00:00Z")).toMatchObject({ until: "2026-11-23T09:00:00.000Z" });
});

test("what never opens waits without an end, and what can't be read blocks", () => {
  const always = freeze({ kind: "deny", schedule: "* * * * *", duration: "1h" });
  expect(said([always], "2026-11-20T17:00:00Z")).not.toHaveProperty("until");
  expect(said([freeze({ timeZone: "Mars/Olympus" })], "2026-11-20T17:00:00Z")).toMatchObject({ state: "block" });
});

/** Whether a daily window of an hour and a length is open, told minute by minute by the wall's clock. */
function openByTheWall(zone: string, hour: number, hours: number, at: number): boolean {
  const wall = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  for (let back = 0; back < hours * 60; back += 1) {
    if (wall.format(at - back * 60_000) === `${String(hour).padStart(2, "0")}:00`) return true;
  }
  return false;
}

test("whatever the zone and the day, the gate is as the clock on the wall says", () => {
  const zones = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"];
  // Around the changes of the clocks in these zones, in 2026; hours that such a change leaves out or repeats are tested above.
  const days = ["2026-03-07", "2026-03-28", "2026-04-04", "2026-10-03", "2026-10-24", "2026-10-31", "2026-07-01"];
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.constantFrom(...days),
      fc.integer({ min: 4, max: 23 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 0, max: 72 * 60 }),
      (zone, day, hour, hours, minute) => {
        const at = Date.parse(`${day}T00:00:00Z`) + minute * 60_000;
        const window = freeze({ schedule: `0 ${hour} * * *`, duration: `${hours}h`, timeZone: zone });
        const verdict = said([window], new Date(at).toISOString());
        expect(verdict.state).toBe(openByTheWall(zone, hour, hours, at) ? "wait" : "pass");
        if (verdict.until === undefined) return;
        const turn = Date.parse(verdict.until);
        expect(turn).toBeGreaterThan(at);
        const after = said([window], new Date(turn).toISOString()).state;
        expect(after).not.toBe(verdict.state);
        expect(said([window], new Date(turn - 1).toISOString()).state).toBe(verdict.state);
      },
    ),
    { numRuns: 150 },
  );
});
