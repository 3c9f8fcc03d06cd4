import type { Checked } from "./check.ts";

/** A time in which something is not run, and why. */
interface Ban {
  until: number;
  message: string;
  /** How many there were in a row. */
  count: number;
}

/** So many objects in a row that it went too far on, and it is the check, not the object. */
const STRIKES = 3;
const LONGEST_BAN_MS = 60 * 60_000;
/** Objects that are remembered for having been too much for a check. */
const MOST_PLACES = 10_000;

/**
 * What is known of a check by what it did so far. One that goes too far on an object is not run on that object for a while, twice as long
 * each time; on three objects in a row, on none. Somebody's one odd object so costs nobody else the check.
 */
export class Conduct {
  /** It has answered, and went too far never since. */
  trusted = false;
  #strikes = 0;
  #ban: Ban | undefined;
  readonly #places = new Map<string, Ban>();
  readonly #banMilliseconds: number;

  constructor(banMilliseconds: number) {
    this.#banMilliseconds = banMilliseconds;
  }

  /** What stands in for a run on an object that is not made now; undefined when it may be. */
  standIn(place: string): Checked | undefined {
    const now = performance.now();
    const own = this.#places.get(place);
    if (own && now < own.until) {
      return { outcome: "failed", message: own.message, tooFar: true, againInMs: own.until - now };
    }
    if (!this.#ban || now >= this.#ban.until) return undefined;
    return { outcome: "postponed", message: this.#ban.message, againInMs: this.#ban.until - now };
  }

  /** Takes the outcome of a run on an object; what is to be said of it. */
  note(place: string, checked: Checked): Checked {
    const tooFar = checked.outcome === "failed" && checked.tooFar === true;
    this.trusted = !tooFar;
    if (!tooFar) {
      this.#strikes = 0;
      this.#ban = undefined;
      this.#places.delete(place);
      return checked;
    }
    const ban = this.#longer(this.#places.get(place), checked.message);
    if (this.#places.size >= MOST_PLACES) this.#places.clear();
    this.#places.set(place, ban);
    this.#strikes += 1;
    if (this.#strikes >= STRIKES) this.#ban = this.#longer(this.#ban, checked.message);
    return { ...checked, againInMs: ban.until - performance.now() };
  }

  #longer(before: Ban | undefined, message: string): Ban {
    const count = (before?.count ?? 0) + 1;
    const milliseconds = Math.min(this.#banMilliseconds * 2 ** (count - 1), LONGEST_BAN_MS);
    return { until: performance.now() + milliseconds, message, count };
  }
}
