import { createHash } from "node:crypto";
import { canonicalJson } from "../../domain/sync/canonical.ts";

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Blobs by digest in memory, with what they were stored as. */
export function memoryBlobs() {
  const texts = new Map<string, string>();
  return {
    texts,
    async putJson(value: unknown): Promise<string> {
      const text = canonicalJson(value);
      const digest = sha256(text);
      texts.set(digest, text);
      return digest;
    },
    async getJson<T>(digest: string): Promise<T> {
      const text = texts.get(digest);
      if (text === undefined) throw new Error(`there is no blob ${digest}`);
      return JSON.parse(text) as T;
    },
  };
}
