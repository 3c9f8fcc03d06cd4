import { at, list } from "../../domain/webhook/payload.ts";
import { SluiceError, type ErrorCode } from "../../schemas/errors.ts";
import type { ApiAnswer } from "./api.ts";

/** Who was asked for what, for a message. */
export interface Said {
  name: string;
  base: string;
  does: string;
  secrets: readonly string[];
}

const MAX_SAID = 300;

/** The error for an answer that is none of those expected. What the provider said is shown in one line, shortened, without secrets. */
export function answered({ name, base, does, secrets }: Said, { status, body, headers }: ApiAnswer): SluiceError {
  const reason = masked(sayingOf(body), secrets);
  const said = reason === "" ? `status ${status}` : `${reason} (status ${status})`;
  if (status >= 300 && status < 400) {
    const more = headers["location"] === undefined ? "" : `, as of a repository that was moved`;
    return new SluiceError("SourceRefused", `${name} answers with a redirect${more}, so it did not ${does}.`, {
      next: "use the address that the repository has now",
    });
  }
  const [code, next] = RULES[status] ?? (status >= 500 ? PASSING : REFUSED);
  const where = code === "SourceUnavailable" ? ` at ${base}` : "";
  return new SluiceError(code, `${name}${where} did not ${does}: ${said}.`, { next });
}

type Rule = readonly [ErrorCode, string];
const REFUSED: Rule = ["InvalidInput", "compare what is configured with what the provider says"];
const PASSING: Rule = ["SourceUnavailable", "it is tried again"];
const RULES: Readonly<Record<number, Rule>> = {
  401: ["SourceForbidden", "give the Repository a token that the provider's API takes"],
  403: ["SourceForbidden", "give the token of the Repository the right to do that"],
  404: ["NotFound", "check the address, and that the token of the Repository may see it"],
  408: PASSING,
  409: ["Conflict", "look at the pull request at its provider"],
  429: PASSING,
};

/** The error for a request that got no whole answer. */
export function failed({ name, base, does, secrets }: Said, error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  const { name: kind, code, message } = error as { name?: string; code?: string; message?: string };
  if (kind === "TimeoutError") {
    return new SluiceError(
      "Timeout",
      `${name} at ${base} did not answer in time, so it is not known to have done: ${does}.`,
      {
        next: "it is tried again",
      },
    );
  }
  const said = masked(code ?? message ?? "no reason is known", secrets);
  const next = /CERT|SELF_SIGNED|UNABLE_TO_/.test(said)
    ? "give the Repository its certificate authority in caData"
    : "check that the host is reachable; it is tried again";
  return new SluiceError("SourceUnavailable", `${name} at ${base} could not be reached to ${does}: ${said}.`, { next });
}

/**
 * When the provider takes requests again, in milliseconds since the epoch; undefined when it does now. Retry-After is of RFC 9110 (seconds
 * or a date), X-RateLimit-* of GitHub, RateLimit-* of GitLab; GitHub answers 403 as well as 429.
 */
export function limitedUntil({ status, headers, body }: ApiAnswer, now: number): number | undefined {
  const after = retryAfter(headers["retry-after"], now);
  const spent = (headers["x-ratelimit-remaining"] ?? headers["ratelimit-remaining"]) === "0";
  const reset = Number(headers["x-ratelimit-reset"] ?? headers["ratelimit-reset"]) * 1_000;
  const refused =
    status === 429 ||
    (status === 403 && (spent || after !== undefined || /rate limit/i.test(sayingOf(body)))) ||
    (status === 503 && after !== undefined);
  if (!refused) return undefined;
  const until = after ?? (spent && reset > now ? reset : now + UNSAID_MS);
  return Math.min(until, now + LONGEST_MS);
}

/** GitHub asks for a minute where it names no time. */
const UNSAID_MS = 60_000;
const LONGEST_MS = 3_600_000;

function retryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value.trim())) return now + Number(value) * 1_000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(now, date);
}

/** What the body of a failure says, whatever the provider's shape of it: its texts, one after the other. */
export function sayingOf(body: unknown): string {
  const found = [
    at(body, "message"),
    at(body, "error"),
    at(body, "error_description"),
    ...list(body, "errors"),
  ].flatMap((each) => textsIn(each, 3));
  return [...new Set(found)]
    .join("; ")
    .replaceAll(/[\u0000-\u001f\u007f]+/g, " ")
    .trim()
    .replace(/\.+$/, "");
}

/** Fields of an error's object that are words for people. */
const SAYING = ["message", "detail", "field", "code"];

function textsIn(value: unknown, depth: number): string[] {
  if (typeof value === "string") return value === "" ? [] : [value];
  if (depth === 0 || typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((each) => textsIn(each, depth - 1));
  const entries = Object.entries(value);
  const known = entries.filter(([key]) => SAYING.includes(key));
  if (known.length > 0) {
    const message = known.find(([key]) => key === "message");
    return (message ? [message, ...known.filter(([key]) => key === "detail")] : known).flatMap(([, each]) =>
      textsIn(each, depth - 1),
    );
  }
  // GitLab names the fields: {"base": ["is too long"]}.
  return entries.map(([key, each]) => [key, ...textsIn(each, depth - 1)].join(" "));
}

function masked(text: string, secrets: readonly string[]): string {
  let shown = text;
  for (const secret of secrets) if (secret.length > 3) shown = shown.replaceAll(secret, "***");
  return shown.replaceAll(/:\/\/[^\s/@]*@/g, "://***@").slice(0, MAX_SAID);
}
