import { compareText } from "../sync/identity.ts";
import type { Drifted } from "../watch/report.ts";

/** How often one object was put back in a row, and by whom it was changed. Times in milliseconds since 1970. */
export interface PutBack {
  object: string;
  /** Field managers of the last change, sorted; none where nobody can be named. */
  managers: string[];
  /** Remediations in a row, without a calm between two. */
  count: number;
  last: number;
  /** The newest of those against the same managers, at most `FLAPPING_COUNT`. */
  times: number[];
  /** A fight that was said already. */
  flapping: boolean;
}

/** So many remediations of an object against the same managers within the window are a fight. */
export const FLAPPING_COUNT = 3;
export const FLAPPING_WINDOW_MS = 10 * 60 * 1_000;
/** After this time without a remediation the next drift is put back at once again; a fight takes longer to be forgotten. */
export const CALM_MS = 10 * 60 * 1_000;
export const FLAPPING_CALM_MS = 30 * 60 * 1_000;

/**
 * Milliseconds from the last of so many remediations in a row to the next: 5, 10, 20 … up to 180 s as Argo CD's self-heal, and
 * in a fight 60, 120 … up to 900 s.
 */
export function backOffMs({ count, flapping }: Pick<PutBack, "count" | "flapping">): number {
  const doubled = 2 ** Math.min(count - 1, 16);
  return flapping ? Math.min(900_000, 15_000 * doubled) : Math.min(180_000, 5_000 * doubled);
}

const isCalm = ({ last, flapping }: PutBack, now: number): boolean =>
  now - last > (flapping ? FLAPPING_CALM_MS : CALM_MS);

/** An object's record after one more remediation. */
export function putBackAgain(
  before: PutBack | undefined,
  change: { object: string; managers: readonly string[] },
  at: number,
): PutBack {
  const managers = [...change.managers].sort(compareText);
  const chained = before !== undefined && !isCalm(before, at) ? before : undefined;
  const same = chained !== undefined && chained.managers.join("\n") === managers.join("\n");
  return {
    object: change.object,
    managers,
    count: (chained?.count ?? 0) + 1,
    last: Math.max(at, chained?.last ?? at),
    times: [...(same ? chained.times : []), at].slice(-FLAPPING_COUNT),
    flapping: chained?.flapping ?? false,
  };
}

/** Whether this remediation shows a fight that was not said yet. */
export function isFight({ times, flapping }: PutBack): boolean {
  const [first, last] = [times[0], times.at(-1)];
  if (flapping || times.length < FLAPPING_COUNT || first === undefined || last === undefined) return false;
  return last - first <= FLAPPING_WINDOW_MS;
}

/** When an object may be put back next, 0 for at once. */
const nextAt = (record: PutBack | undefined, now: number): number =>
  record === undefined || isCalm(record, now) ? 0 : record.last + backOffMs(record);

/**
 * Milliseconds until drifted objects may be put back. One that was not put back lately goes at once, and takes the others along,
 * so that a fight over one object never delays another.
 */
export function waitMs(records: readonly PutBack[], drifted: readonly Pick<Drifted, "object">[], now: number): number {
  const byObject = new Map(records.map((record) => [record.object, record]));
  const times = drifted.map(({ object }) => nextAt(byObject.get(object), now));
  return times.length === 0 ? 0 : Math.max(0, Math.min(...times) - now);
}
