/** Tries of a delivery: with the pauses between them about a day. */
const MOST_ATTEMPTS = 100;
const FIRST_MS = 1_000;
const LONGEST_MS = 15 * 60_000;

/** Milliseconds before the try after this one (from 1), what the service asked for at least; undefined when it is given up. */
export function pauseAfter(attempt: number, askedMs = 0): number | undefined {
  if (attempt >= MOST_ATTEMPTS) return undefined;
  return Math.max(Math.min(FIRST_MS * 2 ** Math.min(attempt - 1, 20), LONGEST_MS), askedMs);
}
