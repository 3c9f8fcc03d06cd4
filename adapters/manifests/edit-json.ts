import { isDeepStrictEqual } from "node:util";
import type { FieldChange } from "../../domain/break-glass/difference.ts";
import { indentedRaw, parseRaw } from "../../schemas/raw-json.ts";
import { withChanges } from "./edit-value.ts";

/** The value of a text of JSON; undefined for anything else. */
export function jsonOf(text: string): unknown {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    return parseRaw(text);
  } catch {
    return undefined;
  }
}

/**
 * A text of JSON with fields changed: a try that keeps its characters where that has come out right, otherwise written anew with its
 * indentation, line ends and integers of any size. Undefined where neither reads back as what is meant.
 */
export function editJson(text: string, changes: readonly FieldChange[], tried: string | undefined): string | undefined {
  const expected = withChanges(jsonOf(text), changes);
  const isMeant = (candidate: string): boolean => isDeepStrictEqual(jsonOf(candidate), expected);
  if (tried !== undefined && isMeant(tried)) return tried;
  const written = indentedRaw(expected, indentOf(text)) + /\s*$/.exec(text)![0];
  const anew = text.includes("\r\n") ? written.replaceAll(/\r?\n/g, "\r\n") : written;
  return isMeant(anew) ? anew : undefined;
}

const indentOf = (text: string): string => /^\s*[{[][ \t]*\r?\n([ \t]+)/.exec(text)?.[1] ?? "";
