import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { timeZone } from "../../../domain/window/time-zone.ts";
import { clocked, concerns } from "../../../domain/window/window.ts";
import { SyncWindow } from "../../../schemas/kinds/project.ts";
import { MINUTE, ODD_DAYS, openings, schedules, watch } from "./clock.ts";

const window = (more: Partial<SyncWindow> = {}): SyncWindow =>
  SyncWindow.parse({ kind: "deny", schedule: "0 22 * * *", duration: "8h", applications: ["*"], ...more });
const stateAt = (more: Partial<SyncWindow>, at: string) => clocked(window(more))!.at(Date.parse(at));
const instant = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());

describe("a sync window", () => {
  test("is open from its opening until just before its end", () => {
    const states = ["21:59:59", "22:00:00", "23:30:00"].map((time) => stateAt({}, `2026-05-04T${time}Z`).open);
    expect(states).toEqual([false, true, true]);
    expect(stateAt({}, "2026-05-05T05:59:59Z").open).toBe(true);
    expect(stateAt({}, "2026-05-05T06:00:00Z").open).toBe(false);
  });

  test("says when it turns", () => {
    expect(instant(stateAt({}, "2026-05-04T12:00:00Z").opens)).toBe("2026-05-04T22:00:00.000Z");
    expect(instant(stateAt({}, "2026-05-05T01:00:00Z").closes)).toBe("2026-05-05T06:00:00.000Z");
  });

  test("that opens again before its end closes once", () => {
    const state = stateAt({ schedule: "0 1,2,3 * * *", duration: "90m" }, "2026-05-05T01:10:00Z");
    expect(instant(state.closes)).toBe("2026-05-05T04:30:00.000Z");
  });

  test.each([
    ["* * * * *", "1m"],
    ["0 * * * *", "2h"],
    ["0 0 * * *", "24h"],
    ["0 6,18 * * *", "12h"],
    ["0 0 * * 0", "168h"],
    ["0 0 1 1 *", "8784h"],
  ])("that opens at %s for %s never closes, and names no time", (schedule, duration) => {
    expect(stateAt({ schedule, duration }, "2026-05-05T01:10:00Z")).toEqual({ open: true });
  });

  test.each([
    ["0 0 * * 1-5", "24h", "2026-05-09T00:00:00.000Z"],
    ["0 6,18 * * *", "11h", "2026-05-05T05:00:00.000Z"],
    ["0 0 * 5 *", "24h", "2026-06-01T00:00:00.000Z"],
  ])("that opens at %s for %s closes", (schedule, duration, closes) => {
    expect(instant(stateAt({ schedule, duration }, "2026-05-05T01:10:00Z").closes)).toBe(closes);
  });

  test("keeps to the clock of its zone when that is put forward or back", () => {
    const berlin = { schedule: "0 8 * * *", duration: "1h", timeZone: "Europe/Berlin" };
    expect(instant(stateAt(berlin, "2026-03-28T12:00:00Z").opens)).toBe("2026-03-29T06:00:00.000Z");
    expect(instant(stateAt(berlin, "2026-10-24T12:00:00Z").opens)).toBe("2026-10-25T07:00:00.000Z");
  });

  test("opens when the clock jumps over its time", () => {
    const skipped = { schedule: "30 2 * * *", duration: "1h", timeZone: "Europe/Berlin" };
    expect(instant(stateAt(skipped, "2026-03-28T12:00:00Z").opens)).toBe("2026-03-29T01:00:00.000Z");
  });

  test("of leap days is found years ahead", () => {
    expect(instant(stateAt({ schedule: "0 0 29 2 *" }, "2096-03-01T00:00:00Z").opens)).toBe("2104-02-29T00:00:00.000Z");
  });

  test.each([{ schedule: "nonsense" }, { timeZone: "Mars/Olympus" }, { timeZone: "+02:00" }, { duration: "0s" }])(
    "with %j has no clock",
    (more) => expect(clocked({ ...window(), ...more })).toBeUndefined(),
  );
});

describe("against a clock watched minute by minute", () => {
  test.each(ODD_DAYS)("in %s around %s", (zone, day) => {
    const watched = watch(zone, day, { before: 5, after: 5 });
    const first = watched.from + 3 * 1_440 * MINUTE;
    const looks = fc.array(fc.integer({ min: 0, max: 4 * 1_440 - 1 }), { minLength: 20, maxLength: 40 });
    fc.assert(
      fc.property(schedules, fc.integer({ min: 1, max: 40 * 60 }), looks, (schedule, long, minutes) => {
        const opened = openings(watched, schedule);
        const { at } = clocked(window({ schedule, duration: `${long}m`, timeZone: zone }))!;
        for (const minute of minutes.map((each) => first + each * MINUTE)) {
          const newest = opened.findLast((opening) => opening <= minute) ?? -Infinity;
          const next = opened.find((opening) => opening > minute);
          const { open, opens, closes } = at(minute);
          const seen = `${schedule} for ${long}m at ${instant(minute)}`;
          expect(open, seen).toBe(minute < newest + long * MINUTE);
          if (!open && next !== undefined) expect(opens, seen).toBe(next);
          if (open) expect(closes ?? Infinity, seen).toBeGreaterThanOrEqual(newest + long * MINUTE);
        }
      }),
      { numRuns: 15 },
    );
  });

  test.each(ODD_DAYS)("every wall time in %s around %s leads to where the clock shows it", (zone, day) => {
    const { from, walls } = watch(zone, day, { before: 2, after: 2 });
    const { instantsOf, wallAt } = timeZone(zone)!;
    const shown = new Map<number, number[]>();
    walls.forEach((wall, minute) => shown.set(wall, [...(shown.get(wall) ?? []), from + minute * MINUTE]));
    walls.forEach((wall, minute) => expect(wallAt(from + minute * MINUTE)).toBe(wall));
    const inner = [...shown].filter(([wall]) => Math.abs(wall - Date.parse(`${day}T12:00:00Z`)) < 20 * 60 * MINUTE);
    for (const [wall, instants] of inner) expect(instantsOf(wall)).toEqual(instants);
  });
});

describe("which applications a window is about", () => {
  const subject = {
    application: "web-eu",
    namespace: "shop",
    cluster: { name: "prod-1", server: "https://10.0.0.1:6443" },
  };
  const about = (more: Partial<SyncWindow>) => concerns(window({ applications: [], ...more }), subject);

  test("one list that matches is enough", () => {
    expect(about({ applications: ["api-*"], namespaces: ["shop"] })).toBe(true);
    expect(about({ applications: ["api-*"], clusters: ["prod-*"] })).toBe(true);
    expect(about({ clusters: ["https://10.0.0.*"] })).toBe(true);
    expect(about({ applications: ["api-*"], namespaces: ["blog"] })).toBe(false);
  });

  test("with andOperator every list given has to match", () => {
    expect(about({ applications: ["web-*"], namespaces: ["shop"], andOperator: true })).toBe(true);
    expect(about({ applications: ["web-*"], namespaces: ["blog"], andOperator: true })).toBe(false);
    expect(about({ applications: ["web-*"], andOperator: true })).toBe(true);
  });

  test("one that names nothing is about nothing", () => {
    expect(about({})).toBe(false);
    expect(about({ andOperator: true })).toBe(false);
  });
});
