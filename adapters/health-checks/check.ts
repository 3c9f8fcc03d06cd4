export type { Checked, HealthCheck } from "../../domain/health/own-check.ts";

/** Something wrong with a check, found without an object: where in the check, and what. */
export interface CheckProblem {
  path: (string | number)[];
  message: string;
}

/** Longest message that is kept of a check. */
const MOST_TEXT = 1_000;

/** A message as it is kept: a script may build one of any length. */
export const shortened = (text: string): string =>
  text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT - 1)}…` : text;
