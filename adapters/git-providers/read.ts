import { at } from "../../domain/webhook/payload.ts";
import { SluiceError } from "../../schemas/errors.ts";

/** Reads of an API's answer, which throw `SourceUnavailable` for what is not of the documented shape. */

const wrong = (path: readonly string[], expected: string): SluiceError =>
  new SluiceError("SourceUnavailable", `The provider's answer has no ${expected} at ${path.join(".")}.`, {
    next: "check that the Repository names the right provider and apiURL",
  });

/** A number of a thing: positive and whole. */
export function count(body: unknown, ...path: readonly string[]): number {
  const found = at(body, ...path);
  if (typeof found === "number" && Number.isSafeInteger(found) && found >= 0) return found;
  throw wrong(path, "number");
}

/** A text that is not empty. */
export function words(body: unknown, ...path: readonly string[]): string {
  const found = at(body, ...path);
  if (typeof found === "string" && found !== "") return found;
  throw wrong(path, "text");
}

/** A text that may be empty or null. */
export function markdown(body: unknown, ...path: readonly string[]): string {
  const found = at(body, ...path);
  return typeof found === "string" ? found : "";
}

/** A commit's id; Bitbucket shortens those of pull requests to 12 characters. */
export function commitId(body: unknown, ...path: readonly string[]): string {
  const found = at(body, ...path);
  if (typeof found === "string" && /^[0-9a-f]{7,64}$/.test(found)) return found;
  throw wrong(path, "commit");
}

/** An object with the text under its key, or an empty one. */
export function optional<Key extends string>(key: Key, value: unknown): Partial<Record<Key, string>> {
  return (typeof value === "string" && value !== "" ? { [key]: value } : {}) as Partial<Record<Key, string>>;
}

/** Whether two sides of a pull request are one repository: a fork may have a branch of the same name. */
export function sameRepository(source: unknown, target: unknown): boolean {
  return (typeof source === "number" || typeof source === "string") && source === target;
}

/** A branch's name from `refs/heads/…`. */
export const branchName = (ref: string): string => ref.replace(/^refs\/heads\//, "");
