import { SluiceError } from "../../schemas/errors.ts";

/** What a service answered: its status and as much of its body as is looked at. */
export interface Answer {
  status: number;
  text: string;
  /** Milliseconds it asks to be left alone. */
  retryAfterMs?: number;
}

export interface Post {
  /** Whom it goes to, for messages: an address may be a secret itself. */
  to: string;
  url: string;
  body: string;
  headers?: Record<string, string>;
}

const LIMIT_MS = 10_000;
/** Bytes of an answer that are read: enough for any error. */
const MOST_BYTES = 4_096;
const LONGEST_PAUSE_MS = 3_600_000;

/** Posts JSON and follows no redirect. Throws Timeout and Unavailable where there was no answer. */
export async function post({ to, url, body, headers = {} }: Post): Promise<Answer> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  try {
    const answer = await fetch(url, {
      ...{ method: "POST", redirect: "manual", signal, body },
      headers: { "content-type": "application/json; charset=utf-8", "user-agent": "sluice", ...headers },
    });
    const retryAfterMs = retryAfter(answer.headers.get("retry-after"));
    return {
      status: answer.status,
      text: await beginning(answer),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    };
  } catch (cause) {
    if (signal.aborted) throw new SluiceError("Timeout", `${to} did not answer within ${LIMIT_MS / 1_000} s`);
    throw new SluiceError("Unavailable", `${to} could not be reached`, { cause });
  }
}

async function beginning(answer: Response): Promise<string> {
  if (!answer.body) return "";
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of answer.body as unknown as AsyncIterable<Uint8Array>) {
    parts.push(part);
    size += part.length;
    if (size >= MOST_BYTES) break;
  }
  return Buffer.concat(parts).subarray(0, MOST_BYTES).toString("utf8");
}

/** Seconds or a date, as RFC 9110 has it. */
function retryAfter(text: string | null): number | undefined {
  if (text === null) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), LONGEST_PAUSE_MS) : undefined;
}

/** Thrown when a service asks to be left alone for a while. */
export class AskedToWait extends SluiceError {
  readonly afterMs: number | undefined;
  constructor(message: string, afterMs: number | undefined) {
    super("Unavailable", message);
    this.afterMs = afterMs;
  }
}

/** Throws unless a service took the message: AskedToWait and Unavailable where it may later, NotificationRefused where it won't. */
export function accepted({ status, text, retryAfterMs }: Answer, to: string): void {
  if (status >= 200 && status < 300) return;
  const said = shown(text);
  if (status === 429 || (status === 503 && retryAfterMs !== undefined)) {
    throw new AskedToWait(`${to} asks to be left alone for a while (${status})`, retryAfterMs);
  }
  if (status >= 500 || status === 408) throw new SluiceError("Unavailable", `${to} answered ${status}${said}`);
  throw new SluiceError("NotificationRefused", `${to} refused the message with ${status}${said}`, {
    next:
      status >= 300 && status < 400
        ? "give the address that it redirects to"
        : "look at the notification's address and secrets",
  });
}

/** As much of an answer as goes into an event: one line, no address, nothing that turns or hides text, nothing that looks like a token. */
export function shown(text: string): string {
  const line = text
    .replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, " ")
    .replaceAll(/[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g, "")
    .replaceAll(/https?:\/\/\S+/g, "…")
    .replaceAll(/[A-Za-z0-9_-]{24,}/g, "…")
    .trim()
    .slice(0, 200);
  return line === "" ? "" : `: ${line}`;
}
