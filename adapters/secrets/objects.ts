import { isSecret } from "../../domain/sync/identity.ts";
import type { RawObject } from "../../schemas/artifact.ts";
import { parseRaw, stringifyRaw } from "../../schemas/raw-json.ts";
import type { Keyring } from "./keyring.ts";

/** kubectl keeps the whole object, values and all, in this annotation. */
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
const PURPOSE = "secret value";
/** What a masked value begins with. */
export const MASKED_PREFIX = "keyed:";

/** What becomes of one secret value; `field` names it within its object. */
type Change = (value: unknown, field: string) => unknown;

/** The object with every secret value sealed, bound to its place; equal objects give equal results. Not sealed twice by itself. */
export function sealObject<Object extends RawObject>(object: Object, keyring: Keyring): Object {
  return overSecrets(object, (secret) => {
    const place = placeOf(secret);
    return (value, field) => keyring.seal(PURPOSE, stringifyRaw(value), `${place}#${field}`);
  });
}

/** The object that `sealObject` was given. Throws Internal when a value is not sealed, or was for another object or field. */
export function openObject<Object extends RawObject>(object: Object, keyring: Keyring): Object {
  return overSecrets(object, (secret) => {
    const place = placeOf(secret);
    return (value, field) =>
      parseRaw(keyring.open(PURPOSE, typeof value === "string" ? value : "", `${place}#${field}`));
  });
}

/**
 * The object with `keyed:<digest>` in place of every secret value, fit to be shown. Equal values under one key of one Secret have
 * equal digests, whether they stand in `data` or `stringData`.
 */
export function maskObject<Object extends RawObject>(object: Object, keyring: Keyring): Object {
  return overSecrets(object, (secret) => {
    const place = placeOf(secret);
    return (value, field) => {
      const [section, ...rest] = field.split("/");
      const bytes = section === "data" && typeof value === "string" ? fromBase64(value) : textOf(value);
      const name = section === "stringData" ? ["data", ...rest].join("/") : field;
      return MASKED_PREFIX + keyring.digest(`${place}#${name}\0${bytes}`);
    };
  });
}

const placeOf = ({ metadata }: RawObject): string => `v1/Secret/${metadata?.namespace ?? ""}/${metadata?.name ?? ""}`;

const textOf = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? "null"));

/** Bytes as a text that differs whenever they differ. */
const fromBase64 = (value: string): string => {
  const bytes = Buffer.from(value, "base64");
  const text = bytes.toString("utf8");
  return Buffer.from(text, "utf8").equals(bytes) ? text : `base64:${bytes.toString("base64")}`;
};

/** Lists are walked too: a `List` or `SecretList` of Secrets is as secret as they are. */
function overSecrets<Object extends RawObject>(object: Object, changeFor: (secret: RawObject) => Change): Object {
  if (isSecret(object)) return overValues(object, changeFor(object)) as Object;
  if (!Array.isArray(object["items"]) || object.apiVersion !== "v1") return object;
  const kind = object.kind === "SecretList" ? { apiVersion: "v1", kind: "Secret" } : {};
  const items = (object["items"] as RawObject[]).map((item) =>
    isRecord(item) && isSecret({ ...kind, ...item }) ? overValues(item, changeFor(item)) : item,
  );
  return { ...object, items };
}

function overValues(secret: RawObject, change: Change): RawObject {
  const changed: RawObject = { ...secret };
  for (const section of ["data", "stringData"]) {
    const values = secret[section];
    if (values === undefined || values === null) continue;
    changed[section] = isRecord(values)
      ? mapRecord(values, (value, key) => change(value, `${section}/${key}`))
      : change(values, section);
  }
  const annotations = secret.metadata?.annotations;
  const applied = annotations?.[LAST_APPLIED];
  if (isRecord(annotations) && applied !== undefined) {
    const kept = change(applied, `annotation/${LAST_APPLIED}`) as string;
    changed.metadata = { ...secret.metadata, annotations: { ...annotations, [LAST_APPLIED]: kept } };
  }
  return changed;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Own keys only, kept as they are: a key may be called `__proto__`. */
function mapRecord(record: Record<string, unknown>, change: (value: unknown, key: string) => unknown) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]));
}
