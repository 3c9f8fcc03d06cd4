import { type Cron, onDay } from "./cron.ts";
import type { TimeZone } from "./time-zone.ts";

/** When something opens: the instants, in milliseconds, at which a time zone's clock shows what a cron expression says. */
export interface Schedule {
  /** The newest opening after `since` and not after `at`. */
  latest(at: number, since: number): number | undefined;
  /** The first opening after an instant; undefined when there is none in nine years. */
  next(after: number): number | undefined;
}

const DAY = 86_400_000;
/** The 29th of February may be eight years away. */
const HORIZON_DAYS = 9 * 366;

/** The openings of a cron expression by a time zone's clock. */
export function createSchedule(cron: Cron, zone: TimeZone): Schedule {
  const minutes = [...cron.hours]
    .flatMap((hour) => [...cron.minutes].map((minute) => (hour * 60 + minute) * 60_000))
    .sort((a, b) => a - b);
  const known = new Map<number, number[]>();

  const openingsOn = (day: number): number[] => {
    const found = known.get(day);
    if (found) return found;
    const openings = matches(cron, day) ? instantsOn(zone, day, minutes) : [];
    if (known.size > KNOWN_DAYS) known.clear();
    known.set(day, openings);
    return openings;
  };
  const dayOf = (instant: number): number => Math.floor(zone.wallAt(instant) / DAY) * DAY;

  return {
    latest(at, since) {
      let best: number | undefined;
      // A clock that is put back over midnight shows the day before once more, so neighbours are looked at too.
      for (let day = dayOf(at) + DAY, left = 1; left >= 0 && day >= dayOf(since) - DAY; day -= DAY) {
        const opening = openingsOn(day).findLast((instant) => instant <= at);
        if (best !== undefined) left -= 1;
        if (opening !== undefined) best = Math.max(best ?? opening, opening);
      }
      return best !== undefined && best > since ? best : undefined;
    },
    next(after) {
      let best: number | undefined;
      const first = dayOf(after) - DAY;
      for (let day = first, left = 1; left >= 0 && day <= first + HORIZON_DAYS * DAY; day += DAY) {
        const opening = openingsOn(day).find((instant) => instant > after);
        if (best !== undefined) left -= 1;
        if (opening !== undefined) best = Math.min(best ?? opening, opening);
      }
      return best;
    },
  };
}

const KNOWN_DAYS = 64;

function matches(cron: Cron, day: number): boolean {
  const date = new Date(day);
  return onDay(cron, { month: date.getUTCMonth() + 1, day: date.getUTCDate(), weekday: date.getUTCDay() });
}

function instantsOn(zone: TimeZone, day: number, minutes: readonly number[]): number[] {
  const [begin, end] = [zone.instantsOf(day), zone.instantsOf(day + DAY)];
  // On all but two days of a year the clock only runs.
  const plain = begin.length === 1 && end.length === 1 && end[0]! - begin[0]! === DAY && zone.wallAt(begin[0]!) === day;
  if (plain) return minutes.map((minute) => begin[0]! + minute);
  const instants = minutes.flatMap((minute) => zone.instantsOf(day + minute));
  return [...new Set(instants)].sort((a, b) => a - b);
}
