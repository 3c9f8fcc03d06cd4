/** A time zone's clock. Instants and wall times are milliseconds; a wall time is what the clock shows, written as if it were UTC. */
export interface TimeZone {
  /** What the clock shows at an instant. */
  wallAt(instant: number): number;
  /**
   * When the clock shows a wall time: twice where it is put back over it. Where it is put forward past it, the moment that it is.
   */
  instantsOf(wall: number): number[];
}

const HOUR = 3_600_000;
const MINUTE = 60_000;

/** The time zone of an IANA name such as `Europe/Berlin`, or undefined when there is none of this name. */
export function timeZone(name: string): TimeZone | undefined {
  const format = formatOf(name);
  if (!format) return undefined;
  const offsetAt = (instant: number): number => wallOf(format, instant) - Math.floor(instant / 1_000) * 1_000;
  const wallAt = (instant: number): number => instant + offsetAt(instant);
  return {
    wallAt,
    instantsOf(wall) {
      // No change of a clock is further from its wall times than a day and a half, whatever its offset.
      const before = offsetAt(wall - 36 * HOUR);
      const after = offsetAt(wall + 36 * HOUR);
      const offsets = [...new Set([before, after, offsetAt(wall)])];
      const shown = offsets.map((offset) => wall - offset).filter((instant) => wallAt(instant) === wall);
      if (shown.length > 0) return [...new Set(shown)].sort((a, b) => a - b);
      return [jump(offsetAt, { from: wall - Math.max(before, after), to: wall - Math.min(before, after) })];
    },
  };
}

function formatOf(timeZoneName: string): Intl.DateTimeFormat | undefined {
  // An offset such as +02:00 is no zone: it knows no summer time.
  if (!/^[A-Za-z]/.test(timeZoneName)) return undefined;
  try {
    return new Intl.DateTimeFormat("en-US", {
      timeZone: timeZoneName,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch {
    return undefined;
  }
}

function wallOf(format: Intl.DateTimeFormat, instant: number): number {
  const parts: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(instant)) parts[type] = Number(value);
  const { year, month, day, hour, minute, second } = parts as Record<string, number>;
  return Date.UTC(year!, month! - 1, day!, hour!, minute!, second!);
}

/** The minute from which the offset is another than at the beginning. */
function jump(offsetAt: (instant: number) => number, { from, to }: { from: number; to: number }): number {
  const first = offsetAt(from);
  let [low, high] = [Math.floor(from / MINUTE), Math.ceil(to / MINUTE)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle * MINUTE) === first) low = middle;
    else high = middle;
  }
  return high * MINUTE;
}
