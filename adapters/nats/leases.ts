import { Kvm } from "@nats-io/kv";
import type { KV, KvEntry } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import { setTimeout as sleep } from "node:timers/promises";
import { LEASE_BUCKET } from "../../schemas/ids.ts";

/** Ownership of a name for as long as it is renewed. */
export interface Lease {
  /** Fencing token: larger for every later owner of the same name. */
  token: number;
  /** Gives it up at once. Safe to call twice. */
  release(): Promise<void>;
}

/** Who wants a lease and on which terms. */
export interface LeaseOptions {
  /** Names one process at a time: whoever comes back under the same name takes its own lease over without waiting. */
  holder: string;
  ttlMs: number;
  signal: AbortSignal;
  /** Called once when the lease was lost to another, or may have been because NATS did not answer for the whole ttl. */
  onLost(): void;
}

/**
 * Waits until the name is free and takes it. Nobody compares clocks: a candidate takes over when it saw no renewal for a whole
 * ttl of its own time, and an owner stops a moment before that. Rejects with the signal's reason when that comes first.
 */
export async function acquireLease(nc: NatsConnection, name: string, options: LeaseOptions): Promise<Lease> {
  const { signal, holder, ttlMs } = options;
  const bucket = await new Kvm(nc).open(LEASE_BUCKET, { bindOnly: true });
  let seen: { revision: number; since: number } | undefined;
  for (;;) {
    signal.throwIfAborted();
    const asked = performance.now();
    const entry = await bucket.get(name).catch(() => undefined);
    if (entry !== undefined) {
      const revision = entry?.revision ?? 0;
      if (seen?.revision !== revision) seen = { revision, since: performance.now() };
      if (isFree(entry, holder) || performance.now() - seen.since >= ttlMs) {
        const token = await take(bucket, name, holder, revision);
        if (token !== undefined) return hold(bucket, name, options, { token, asked });
      }
    }
    await sleep(Math.min(ttlMs / 4, 1_000), undefined, { signal }).catch(() => undefined);
  }
}

const isFree = (entry: KvEntry | null, holder: string): boolean =>
  entry === null || entry.operation !== "PUT" || entry.string() === holder;

/** The new revision, or undefined when another was first. */
const take = (bucket: KV, name: string, holder: string, revision: number): Promise<number | undefined> =>
  bucket.put(name, holder, { previousSeq: revision }).catch(() => undefined);

function hold(bucket: KV, name: string, options: LeaseOptions, taken: { token: number; asked: number }): Lease {
  const { holder, ttlMs, onLost } = options;
  const ending = new AbortController();
  let revision = taken.token;
  const lose = (): void => {
    if (ending.signal.aborted) return;
    ending.abort();
    onLost();
  };
  // Two thirds of the ttl after the last renewal was asked for: before any candidate can have waited the whole of it.
  const leftOf = (asked: number): number => Math.max(0, (ttlMs * 2) / 3 - (performance.now() - asked));
  let deadline = setTimeout(lose, leftOf(taken.asked));

  const renewing = (async (): Promise<void> => {
    while (!ending.signal.aborted) {
      await sleep(ttlMs / 4, undefined, { signal: ending.signal }).catch(() => undefined);
      if (ending.signal.aborted) break;
      const asked = performance.now();
      const outcome = await renew(bucket, name, holder, revision, Math.max(50, ttlMs / 3));
      if (outcome === "lost") lose();
      if (typeof outcome !== "number" || ending.signal.aborted) continue;
      revision = outcome;
      clearTimeout(deadline);
      deadline = setTimeout(lose, leftOf(asked));
    }
    clearTimeout(deadline);
  })();

  return {
    token: taken.token,
    async release() {
      if (ending.signal.aborted) return;
      ending.abort();
      await renewing;
      await bucket.delete(name, { previousSeq: revision }).catch(() => undefined);
    },
  };
}

/** The new revision, "lost" when another took the name, or "unknown" when NATS did not answer in time. */
async function renew(
  bucket: KV,
  name: string,
  holder: string,
  revision: number,
  timeoutMs: number,
): Promise<number | "lost" | "unknown"> {
  try {
    return await bucket.put(name, holder, { previousSeq: revision, timeout: timeoutMs });
  } catch {
    const entry = await bucket.get(name).catch(() => undefined);
    if (entry === undefined) return "unknown";
    // A renewal whose answer was lost has moved the revision under our own name.
    if (entry !== null && entry.operation === "PUT" && entry.string() === holder) return entry.revision;
    return "lost";
  }
}
