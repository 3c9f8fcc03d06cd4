import type { RawObject } from "../../schemas/artifact.ts";
import { FIELD_MANAGER } from "../../schemas/ids.ts";
import { canonicalJson, type Digests } from "./canonical.ts";
import { compareText, isSecret } from "./identity.ts";

/**
 * A set of fields in the API server's own form (`fieldsV1`, sigs.k8s.io/structured-merge-diff fieldpath/serialize.go):
 * `f:name` a struct field or map entry, `k:{...}` a list item by its keys, `v:...` a member of a set, `i:n` an item by
 * index, `.` the node itself. A node without members stands for its whole value.
 */
export type FieldSet = { readonly [element: string]: FieldSet };

const LAST_APPLIED = "f:kubectl.kubernetes.io/last-applied-configuration";
const ABSENT = "~";

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** The fields that our server-side apply owns on a live object, or undefined when it owns none. */
export function ownedFields(live: RawObject): FieldSet | undefined {
  const entries: unknown[] = Array.isArray(live.metadata.managedFields) ? live.metadata.managedFields : [];
  const ours = entries.find(
    (entry) =>
      isRecord(entry) &&
      entry["manager"] === FIELD_MANAGER &&
      entry["operation"] === "Apply" &&
      !entry["subresource"] &&
      isRecord(entry["fieldsV1"]),
  ) as { fieldsV1: FieldSet } | undefined;
  return ours?.fieldsV1;
}

/** Managers other than ours that have an entry on a live object, sorted, each once. */
export function otherManagers(live: RawObject): string[] {
  const entries: unknown[] = Array.isArray(live.metadata.managedFields) ? live.metadata.managedFields : [];
  const names = entries.flatMap((entry) =>
    isRecord(entry) && typeof entry["manager"] === "string" && entry["manager"] !== FIELD_MANAGER
      ? [entry["manager"]]
      : [],
  );
  return [...new Set(names)].sort(compareText);
}

/**
 * The set with every leaf that we applied as an empty map or list narrowed to its existence. `fieldsV1` has the same leaf
 * for `strategy: {}` (whose members others and the defaults may fill) as for an atomic value that is ours as a whole.
 */
export function narrowedTo(applied: unknown, set: FieldSet): FieldSet {
  const elements = Object.keys(set);
  if (elements.length === 0) return isEmptyContainer(applied) ? { ".": {} } : set;
  return Object.fromEntries(
    elements.map((element) => {
      const [member] = select(applied, element);
      const inner = set[element] ?? {};
      return [element, element === "." || member === undefined ? inner : narrowedTo(member, inner)];
    }),
  );
}

const isEmptyContainer = (value: unknown): boolean =>
  Array.isArray(value) ? value.length === 0 : isRecord(value) && Object.keys(value).length === 0;

/**
 * Digest of the values that a live object has at the paths of a field set. Defaulted fields, status and fields of other
 * managers don't enter, nor does the order of keyed lists; Secret values enter as keyed digests only.
 */
export function fieldsDigest(live: RawObject, fieldSet: unknown, digests: Digests): string {
  const text: string[] = [];
  const context: Context = { digests, text, secretObject: isSecret(live) };
  write(live, isRecord(fieldSet) ? (fieldSet as FieldSet) : {}, context, { depth: 0, secret: false });
  return digests.digest(text.join(""));
}

interface Context {
  digests: Digests;
  text: string[];
  secretObject: boolean;
}

interface Place {
  depth: number;
  secret: boolean;
}

function write(value: unknown, set: FieldSet, context: Context, place: Place): void {
  const elements = Object.keys(set).sort(compareText);
  if (elements.length === 0 && place.depth > 0) {
    context.text.push(leaf(value, place.secret, context.digests));
    return;
  }
  context.text.push("{");
  for (const element of elements) {
    context.text.push(JSON.stringify(element), ":");
    if (element === ".") context.text.push(shape(value));
    else writeMembers(select(value, element), set[element] ?? {}, context, inside(element, place, context));
    context.text.push(",");
  }
  context.text.push("}");
}

function writeMembers(members: readonly unknown[], set: FieldSet, context: Context, place: Place): void {
  if (members.length === 0) context.text.push(ABSENT);
  for (const [index, member] of members.entries()) {
    if (index > 0) context.text.push("|");
    write(member, set, context, place);
  }
}

function inside(element: string, place: Place, { secretObject }: Context): Place {
  const values = place.depth === 0 && (element === "f:data" || element === "f:stringData");
  return { depth: place.depth + 1, secret: place.secret || (secretObject && (values || element === LAST_APPLIED)) };
}

function leaf(value: unknown, secret: boolean, digests: Digests): string {
  if (value === undefined) return ABSENT;
  const text = canonicalJson(value);
  return secret ? `keyed:${digests.digestSecret(text)}` : text;
}

const shape = (value: unknown): string =>
  value === undefined ? ABSENT : Array.isArray(value) ? "[]" : isRecord(value) ? "{}" : "-";

/** The members of a value that a path element names: none, one, or all items with the same keys. */
export function select(value: unknown, element: string): unknown[] {
  const kind = element.slice(0, 2);
  const rest = element.slice(2);
  if (kind === "f:") return isRecord(value) && Object.hasOwn(value, rest) ? [value[rest]] : [];
  if (!Array.isArray(value)) return [];
  if (kind === "i:") return Object.hasOwn(value, rest) ? [value[Number(rest)]] : [];
  const wanted = parse(rest);
  if (kind === "k:" && isRecord(wanted)) return value.filter((item) => hasKeys(item, wanted));
  if (kind === "v:") return value.filter((item) => canonicalJson(item) === canonicalJson(wanted));
  return [];
}

/**
 * The same of a manifest, which may leave out keys that the API server fills in, as `protocol` of a port: an item is meant that has the
 * other keys, as the API server has it.
 */
export function selectDesired(value: unknown, element: string): unknown[] {
  const found = select(value, element);
  if (found.length > 0 || !element.startsWith("k:") || !Array.isArray(value)) return found;
  const wanted = parse(element.slice(2));
  if (!isRecord(wanted)) return [];
  return value.flatMap((item) => {
    if (!isRecord(item)) return [];
    const given = Object.entries(wanted).filter(([name]) => Object.hasOwn(item, name));
    return given.length > 0 && hasKeys(item, Object.fromEntries(given)) ? [{ ...wanted, ...item }] : [];
  });
}

const hasKeys = (item: unknown, keys: Record<string, unknown>): boolean =>
  isRecord(item) &&
  Object.entries(keys).every(
    ([name, wanted]) => item[name] === wanted || canonicalJson(item[name] ?? null) === canonicalJson(wanted),
  );

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
