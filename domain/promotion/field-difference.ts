import type { FieldDifference } from "../../schemas/difference.ts";
import { canonicalJson } from "../sync/canonical.ts";
import { compareText } from "../sync/identity.ts";

/** Characters of a value that are shown. */
const SHOWN = 1_000;
/** Of those, how many stand before the first that differs. */
const BEFORE = 40;

/** The fields in which two values differ, by path, in a fixed order; items of a list that have names are matched by them. */
export function fieldDifferences(was: unknown, is: unknown): FieldDifference[] {
  const found: FieldDifference[] = [];
  walk(was, is, "", found);
  return found;
}

/** Every field of an object that is created or deleted, lists and maps taken apart as far as they hold something. */
export function fieldsOfWhole(value: unknown, side: "was" | "is"): FieldDifference[] {
  const parts = isRecord(value) || Array.isArray(value) ? partsOf(value, value)! : [];
  if (parts.length === 0)
    return [side === "was" ? differenceAt("", value, undefined) : differenceAt("", undefined, value)];
  return parts.flatMap(({ text, is }) =>
    fieldsOfWhole(is, side).map((field) => ({ ...field, path: `${text}${field.path}` })),
  );
}

function walk(was: unknown, is: unknown, path: string, found: FieldDifference[]): void {
  if (canonicalJson(was ?? null) === canonicalJson(is ?? null) && (was === undefined) === (is === undefined)) return;
  const parts = partsOf(was, is);
  if (!parts) return void found.push(differenceAt(path, was, is));
  for (const { text, was: before, is: after } of parts) walk(before, after, `${path}${text}`.replace(/^\./, ""), found);
}

interface Part {
  text: string;
  was: unknown;
  is: unknown;
}

/** The members of two maps or lists side by side; undefined where they are compared as a whole. */
function partsOf(was: unknown, is: unknown): Part[] | undefined {
  if (isRecord(was) && isRecord(is)) {
    const keys = [...new Set([...Object.keys(was), ...Object.keys(is)])].sort(compareText);
    return keys.map((key) => ({ text: keyText(key), was: own(was, key), is: own(is, key) }));
  }
  if (!Array.isArray(was) || !Array.isArray(is)) return undefined;
  const [before, after] = [byName(was), byName(is)];
  if (before && after) {
    const names = [...new Set([...before.keys(), ...after.keys()])];
    return names.map((name) => ({ text: `[name=${name}]`, was: before.get(name), is: after.get(name) }));
  }
  if (was.length !== is.length) return undefined;
  return was.map((item: unknown, index) => ({ text: `[${index}]`, was: item, is: is[index] as unknown }));
}

/** Items by their names, where each has one of its own. */
function byName(items: readonly unknown[]): Map<string, unknown> | undefined {
  const named = new Map<string, unknown>();
  for (const item of items) {
    const name = isRecord(item) ? item["name"] : undefined;
    if (typeof name !== "string" || named.has(name)) return undefined;
    named.set(name, item);
  }
  return named;
}

const own = (record: Record<string, unknown>, key: string): unknown =>
  Object.hasOwn(record, key) ? record[key] : undefined;

const keyText = (key: string): string => (/^[\w-]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function differenceAt(path: string, was: unknown, is: unknown): FieldDifference {
  const [before, after] = [was, is].map((value) => (value === undefined ? undefined : canonicalJson(value)));
  const from = before === undefined || after === undefined ? 0 : Math.max(0, firstDifference(before, after) - BEFORE);
  return {
    path,
    ...(before !== undefined && { was: shortened(before, from) }),
    ...(after !== undefined && { is: shortened(after, from) }),
  };
}

function firstDifference(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return at;
}

/** The part of a text that shows where it differs. */
function shortened(text: string, from: number): string {
  if (text.length <= SHOWN) return text;
  const part = text.slice(from, from + SHOWN);
  return `${from > 0 ? "…" : ""}${part}${from + SHOWN < text.length ? "…" : ""}`;
}
