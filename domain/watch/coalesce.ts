/** An application is looked at again no sooner than so many milliseconds after the last look. */
export const LOOK_MS = 20;
/** While changes go on, an application is reported once in so many milliseconds. */
export const REPORT_MS = 100;
/** Where only the unhealthy objects are others, and the whole is as before, once in so many: each is an event. */
export const OBJECTS_MS = 5_000;

/** Milliseconds until something may be done again: 0 at the leading edge, then the rest of the interval. */
export const dueIn = (interval: number, last: number | undefined, now: number): number =>
  last === undefined ? 0 : Math.max(0, last + interval - now);
