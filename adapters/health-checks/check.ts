import type { ResourceCustomizationSpec } from "../../schemas/kinds/resource-customization.ts";
import type { HealthStatus } from "../../schemas/operation.ts";

/** A health check out of configuration. */
export type HealthCheck = NonNullable<ResourceCustomizationSpec["health"]>;

/** What a check says of an object. */
export type Checked =
  /** The health, in the check's own words. */
  | { outcome: "judged"; status: HealthStatus; message?: string }
  /** None of its rules is true, or the script returned nothing: the kind is judged as without it, unless one rule waits for Healthy. */
  | { outcome: "silent"; waits: boolean }
  /** It could not be carried out; the sentence says why. `tooFar`: it used up its time or memory. */
  | { outcome: "failed"; message: string; tooFar?: true };

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
