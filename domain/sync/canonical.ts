import { compareText } from "./identity.ts";

/** The digests that pure code needs: plain sha256 in hex, and the keyed one that stands for a secret value. */
export interface Digests {
  digest(text: string): string;
  digestSecret(text: string): string;
}

/**
 * JSON with sorted keys: equal values give equal text. `undefined` members are left out, as JSON does; an integer too big
 * for a number arrives as a bigint and is written as the integer it is.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => compareText(a, b))
      .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
    return `{${members.join(",")}}`;
  }
  return typeof value === "bigint" ? value.toString() : (JSON.stringify(value) ?? "null");
}

/** Digest of a desired object as it lies in the artifact (secret values sealed). */
export const desiredDigest = (object: unknown, digests: Pick<Digests, "digest">): string =>
  digests.digest(canonicalJson(object));
