import { stringifyRaw } from "../../schemas/raw-json.ts";

/** Characters that YAML folds, drops or refuses where JSON allows them. */
const NOT_YAML = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** JSON that is YAML of the same meaning: the API server reads the body of a server-side apply as YAML. */
export function stringifyForApply(value: unknown): string {
  return stringifyRaw(value).replace(NOT_YAML, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
