/** What stands in the place of a secret. */
const HIDDEN = "*****";
/** Shorter ones would be found by chance everywhere. */
const SHORTEST = 3;

/** Replaces every one of the secrets in a text, longer ones first, and also as they stand in a URL or in JSON. */
export function hiding(secrets: readonly string[]): (text: string) => string {
  const forms = secrets
    .filter(({ length }) => length >= SHORTEST)
    .flatMap((secret) => [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), base64(secret)]);
  const sorted = [...new Set(forms)].toSorted((one, other) => other.length - one.length);
  return (text) => sorted.reduce((hidden, form) => hidden.replaceAll(form, HIDDEN), text);
}

const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64");
