import type { RawObject } from "../schemas/artifact.ts";
import { isSecret } from "../domain/sync/identity.ts";

/** Shorter values would blacken ordinary words, and are no secrets worth the name. */
const SHORTEST = 4;

/** A message about an object without the values of a Secret, as they are and decoded. */
export function redacted(message: string, object: RawObject): string {
  if (!isSecret(object)) return message;
  let text = message;
  for (const value of secretValues(object)) text = text.replaceAll(value, "<redacted>");
  return text;
}

function secretValues(secret: RawObject): string[] {
  const values = [secret["data"], secret["stringData"]].flatMap((field) =>
    field !== null && typeof field === "object" ? Object.values(field) : [],
  );
  return values
    .filter((value) => typeof value === "string")
    .flatMap((value) => [value, Buffer.from(value, "base64").toString("utf8"), JSON.stringify(value).slice(1, -1)])
    .filter((value) => value.length >= SHORTEST)
    .sort((a, b) => b.length - a.length);
}
