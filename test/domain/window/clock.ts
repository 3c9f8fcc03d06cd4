import fc from "fast-check";
import { onDay, parseCron } from "../../../domain/window/cron.ts";

/** A clock watched minute by minute: the slow and simple answer that the quick one is held against. */

export const MINUTE = 60_000;

/** Zones with the days on which something odd happens to their clock. */
export const ODD_DAYS: readonly [zone: string, day: string][] = [
  ["Europe/Berlin", "2026-03-29"],
  ["Europe/Berlin", "2026-10-25"],
  ["America/New_York", "2026-03-08"],
  ["America/New_York", "2026-11-01"],
  // Half an hour.
  ["Australia/Lord_Howe", "2026-04-05"],
  ["Australia/Lord_Howe", "2026-10-04"],
  // At midnight: a day that begins at one, and one that ends twice.
  ["America/Havana", "2026-03-08"],
  ["America/Havana", "2026-11-01"],
  ["Africa/Cairo", "2026-04-24"],
  ["Africa/Cairo", "2026-10-30"],
  // A day that never was.
  ["Pacific/Apia", "2011-12-30"],
  // Nothing odd but the offset.
  ["Asia/Kathmandu", "2026-06-01"],
  ["UTC", "2026-02-28"],
];

export interface Watched {
  /** First minute, and the wall time of each one. */
  from: number;
  walls: number[];
}

/** What a zone's clock shows in each minute of the days around a day. */
export function watch(zone: string, day: string, { before, after }: { before: number; after: number }): Watched {
  const from = Date.parse(`${day}T00:00:00Z`) - before * 86_400_000;
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
  const count = (before + after) * 1_440;
  const walls = Array.from({ length: count }, (_, minute) =>
    Date.parse(`${format.format(from + minute * MINUTE).replace(" ", "T")}Z`),
  );
  return { from, walls };
}

/** The minutes at which a schedule opens: those whose wall time fits, and those at which the clock jumps over one that does. */
export function openings({ from, walls }: Watched, schedule: string): number[] {
  const cron = parseCron(schedule);
  if ("problem" in cron) throw new Error(cron.problem);
  const fits = (wall: number): boolean => {
    const date = new Date(wall);
    const on = { month: date.getUTCMonth() + 1, day: date.getUTCDate(), weekday: date.getUTCDay() };
    return onDay(cron, on) && cron.hours.has(date.getUTCHours()) && cron.minutes.has(date.getUTCMinutes());
  };
  return walls.flatMap((wall, minute) => {
    const last = minute === 0 ? wall - MINUTE : walls[minute - 1]!;
    const skipped = Array.from(
      { length: Math.max(0, (wall - last) / MINUTE - 1) },
      (_, at) => last + (at + 1) * MINUTE,
    );
    return [wall, ...skipped].some(fits) ? [from + minute * MINUTE] : [];
  });
}

const within = (least: number, most: number): fc.Arbitrary<string> => {
  const value = fc.integer({ min: least, max: most });
  return fc.oneof(
    { weight: 3, arbitrary: value.map(String) },
    fc.constant("*"),
    fc.integer({ min: 2, max: 20 }).map((step) => `*/${step}`),
    fc.array(value, { minLength: 2, maxLength: 3 }).map((list) => list.join(",")),
    fc.tuple(value, value).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
  );
};

/** Schedules that open about the odd hours of the night as well as anywhere else. */
export const schedules = fc
  .tuple(
    within(0, 59),
    fc.oneof(within(0, 3), within(0, 23)),
    fc.oneof({ weight: 4, arbitrary: fc.constant("*") }, within(1, 31)),
    fc.oneof({ weight: 8, arbitrary: fc.constant("*") }, within(1, 12)),
    fc.oneof({ weight: 4, arbitrary: fc.constant("*") }, within(0, 7)),
  )
  .map((fields) => fields.join(" "));
