/** While changes go on, an application is looked at once in so many milliseconds. */
export const COALESCE_MS = 100;

/** Milliseconds until an application may be looked at: 0 at the leading edge, then the rest of the interval. */
export const dueIn = (lastLook: number | undefined, now: number): number =>
  lastLook === undefined ? 0 : Math.max(0, lastLook + COALESCE_MS - now);
