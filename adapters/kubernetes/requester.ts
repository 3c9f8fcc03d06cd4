import type { Logger } from "pino";
import { SluiceError } from "../../schemas/errors.ts";
import { describe, misfits, parseStatus } from "./errors.ts";
import type { Subject } from "./errors.ts";
import { RETRY_LIMITS, retryAfterMs, retryDelay, wait } from "./retry.ts";
import type { RetryLimits } from "./retry.ts";
import { TransportError } from "./transport.ts";
import type { KubeRequest, KubeResponse, Transport } from "./transport.ts";

/** An answer after the retries. `uncertain`: an attempt before it was sent and may have been carried out. */
export interface Answer extends KubeResponse {
  uncertain: boolean;
}

/** A request with what it is for; `retryOn` adds answers that are worth another attempt. */
export interface Call extends Omit<KubeRequest, "maxBytes" | "idleMs"> {
  subject: Subject;
  maxBytes?: number;
  idleMs?: number;
  limits?: Partial<RetryLimits>;
  retryOn?: (answer: KubeResponse) => boolean;
}

/** Sends a call, with retries; throws ClusterUnavailable when no answer came at all. */
export type Send = (call: Call) => Promise<Answer>;

const RETRIED = new Set([429, 500, 502, 503, 504]);
/** Statuses after which a write may have been carried out all the same. */
const UNCERTAIN = new Set([500, 502, 504]);
/** 500 mostly says that one object cannot be handled; few attempts tell. */
const ATTEMPTS_AT_500 = 3;
const MAX_BYTES = 16 * 1_048_576;
/** Longer than the API server's own limit for admission webhooks (30 s). */
const IDLE_MS = 35_000;
/** A 429 makes the whole client wait, but not for longer than this. */
const MAX_PAUSE_MS = 5_000;

/** Retries 429, 5xx and broken connections with jitter and Retry-After; a 429 holds back all requests of the cluster. */
export function createRequester(deps: {
  transport: Transport;
  server: string;
  log: Logger;
  limits?: Partial<RetryLimits>;
  now?: () => number;
  random?: () => number;
}): Send {
  const { transport, server, log, now = () => performance.now(), random = Math.random } = deps;
  let pausedUntil = 0;

  const attempt = async (call: Call): Promise<KubeResponse | TransportError> => {
    const pause = pausedUntil - now();
    if (pause > 0) await wait(pause * (1 + random() / 4), call.signal);
    try {
      return await transport.request({ maxBytes: MAX_BYTES, idleMs: IDLE_MS, ...call });
    } catch (error) {
      if (error instanceof TransportError) return error;
      throw error;
    }
  };

  return async (call) => {
    const limits = { ...RETRY_LIMITS, ...deps.limits, ...call.limits };
    const started = now();
    let uncertain = false;
    for (let count = 1; ; count++) {
      const outcome = await attempt(call);
      const again = isPassing(outcome, call, count);
      const after = outcome instanceof TransportError ? undefined : header(outcome, "retry-after");
      const delay = again
        ? retryDelay(limits, {
            attempt: count,
            elapsedMs: now() - started,
            retryAfterMs: retryAfterMs(after, Date.now()),
            random: random(),
          })
        : undefined;
      if (delay === undefined)
        return outcome instanceof TransportError ? gaveUp(outcome, call) : { ...outcome, uncertain };
      uncertain ||= outcome instanceof TransportError ? outcome.sent : UNCERTAIN.has(outcome.status);
      if (isBackPressure(outcome)) pausedUntil = Math.max(pausedUntil, now() + Math.min(delay, MAX_PAUSE_MS));
      const why = outcome instanceof TransportError ? outcome.code : outcome.status;
      log.debug({ verb: call.subject.verb, object: describe(call.subject), why, delay }, "request tried again");
      await wait(delay, call.signal);
    }
  };

  function gaveUp(error: TransportError, call: Call): never {
    const what = `${call.subject.verb} of ${describe(call.subject)}`;
    const next = error.passing
      ? "Check that the API server runs and can be reached from here."
      : "Check the cluster's caData and the certificate that the API server shows.";
    throw new SluiceError("ClusterUnavailable", `${server} could not be reached for ${what} (${error.code})`, {
      next,
      cause: error,
    });
  }
}

function isPassing(outcome: KubeResponse | TransportError, call: Call, count: number): boolean {
  if (outcome instanceof TransportError) return outcome.passing;
  if (call.retryOn?.(outcome)) return true;
  if (outcome.status === 500) return count < ATTEMPTS_AT_500 && !misfits(parseStatus(outcome));
  return RETRIED.has(outcome.status);
}

/** A 429 of flow control concerns all requests; the one of a storage that is starting only its own resource. */
const isBackPressure = (outcome: KubeResponse | TransportError): boolean =>
  !(outcome instanceof TransportError) &&
  outcome.status === 429 &&
  !/storage is \(re\)initializing/.test(parseStatus(outcome).message);

/** First value of a header. */
export function header(answer: Pick<KubeResponse, "headers">, name: string): string | undefined {
  const value = answer.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
