import type { RawObject } from "../../schemas/artifact.ts";
import { canonicalJson } from "../sync/canonical.ts";
import { type FieldSet, select, selectDesired } from "../sync/field-set.ts";
import { compareText, isSecret } from "../sync/identity.ts";
import { elementText } from "../sync/takeover.ts";
import { sameQuantity } from "./quantity.ts";

/** One field that is not as it was applied; values are JSON, shortened, and absent where there is none. */
export interface ChangedField {
  /** As the API server writes it: `.spec.template.spec.containers[name="web"].image`. */
  path: string;
  was?: string;
  is?: string;
}

/** What differs at the fields that we own. */
export interface Difference {
  fields: ChangedField[];
  /** The changed fields as a field set, so that their holders can be looked up. */
  set: FieldSet;
}

/** Longest value that is shown whole. */
export const LONGEST_VALUE = 120;
const LONGEST_PATH = 250;

/** A place of a field set with the value on either side. */
export interface Leaf {
  /** Elements of the field set, from the root. */
  path: string[];
  was: unknown;
  is: unknown;
}

/**
 * Fields of a set whose live value is not the desired one. Both objects come masked. A value that the API server only writes
 * differently (a quantity, an empty value left out) is no difference, unless nothing else is there to explain one.
 */
export function changedFields(desired: RawObject, live: RawObject, fieldSet: unknown): Difference {
  const chosen = changedLeaves(desired, live, fieldSet);
  const fields = chosen.map(changedField).sort((a, b) => compareText(a.path, b.path));
  return { fields, set: setOf(chosen.map(({ path }) => path)) };
}

/** The leaves of a field set that differ, by the same rule. */
export function changedLeaves(desired: RawObject, live: RawObject, fieldSet: unknown): Leaf[] {
  const leaves: Leaf[] = [];
  walk({ set: asSet(fieldSet), was: forCompare(desired), is: forCompare(live), path: [] }, leaves);
  const strict = leaves.filter(({ was, is }) => text(was) !== text(is));
  const clear = strict.filter(({ was, is }) => !sameMeaning(was, is));
  return clear.length > 0 ? clear : strict;
}

const asSet = (value: unknown): FieldSet => (isRecord(value) ? (value as FieldSet) : {});

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** A Secret's `stringData` is what the API server keeps under `data`. */
function forCompare(object: RawObject): RawObject {
  const { stringData, ...rest } = object;
  if (!isSecret(object) || !isRecord(stringData)) return object;
  return { ...rest, data: { ...(isRecord(object["data"]) ? object["data"] : {}), ...stringData } } as RawObject;
}

interface Place {
  set: FieldSet;
  was: unknown;
  is: unknown;
  path: string[];
}

function walk({ set, was, is, path }: Place, leaves: Leaf[]): void {
  const elements = Object.keys(set);
  if (elements.length === 0) {
    if (path.length > 0) leaves.push({ path, was, is });
    return;
  }
  const members = elements.filter((element) => element !== ".");
  // Only that it exists is ours: what it is made of may be anybody's.
  if (elements.includes(".") && (was === undefined) !== (is === undefined) && path.length > 0) {
    leaves.push({ path, was, is });
    return;
  }
  for (const element of members) {
    const inner = { was: selectDesired(was, element)[0], is: select(is, element)[0] };
    walk({ set: set[element] ?? {}, ...inner, path: [...path, element] }, leaves);
  }
}

const text = (value: unknown): string => (value === undefined ? "" : canonicalJson(value));

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === "" ||
  value === false ||
  value === 0 ||
  (typeof value === "object" && Object.keys(value).length === 0);

const sameMeaning = (a: unknown, b: unknown): boolean =>
  (isEmpty(a) && isEmpty(b) && (a === undefined || b === undefined)) || sameQuantity(a, b);

/** A leaf as it is told: path and values as text, shortened. Neither value may be of a Secret. */
export function changedField({ path, was, is }: Leaf): ChangedField {
  return {
    path: shortened(path.map(elementText).join(""), LONGEST_PATH),
    ...(was !== undefined && { was: shortened(canonicalJson(was), LONGEST_VALUE) }),
    ...(is !== undefined && { is: shortened(canonicalJson(is), LONGEST_VALUE) }),
  };
}

/** The beginning of a long text and how long the whole is. */
export const shortened = (value: string, longest: number): string =>
  value.length <= longest ? value : `${value.slice(0, longest)}… (${value.length} characters)`;

function setOf(paths: readonly (readonly string[])[]): FieldSet {
  const set: Record<string, unknown> = {};
  for (const path of paths) {
    let at = set;
    for (const element of path) at = (at[element] ??= {}) as Record<string, unknown>;
  }
  return set as FieldSet;
}
