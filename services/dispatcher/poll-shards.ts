import type { Logger } from "pino";
import { setTimeout as sleep } from "node:timers/promises";
import type { AcquireLease } from "./ports.ts";

/** How many parts the repositories are dealt into; each part is polled by the process that holds its lease. */
const SHARDS = 4;

/** Which repositories this process polls. */
export interface PollShards {
  owns(address: string): boolean;
  /** Gives the leases back. */
  stop(): Promise<void>;
}

/** Holds as many of the leases as it can get, so that each repository has one poller however many dispatchers run. */
export function holdPollShards(deps: {
  acquire: AcquireLease;
  log: Logger;
  /** What the leases begin with. */
  name?: string;
}): PollShards {
  const stopping = new AbortController();
  const held = new Set<number>();

  const hold = async (shard: number): Promise<void> => {
    while (!stopping.signal.aborted) {
      const lost = new AbortController();
      try {
        const lease = await deps.acquire(`${deps.name ?? "poller"}-${shard}`, {
          signal: stopping.signal,
          onLost: () => lost.abort(),
        });
        if (!lost.signal.aborted) held.add(shard);
        await aborted(AbortSignal.any([lost.signal, stopping.signal]));
        held.delete(shard);
        await lease.release();
      } catch (err) {
        if (stopping.signal.aborted) break;
        deps.log.warn({ err, shard }, "the lease for polling could not be had, it is tried again");
        await sleep(5_000, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  };

  const holding = Promise.all(Array.from({ length: SHARDS }, (_, shard) => hold(shard)));
  return {
    owns: (address) => held.has(shardOf(address)),
    async stop() {
      stopping.abort();
      await holding;
    },
  };
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

/** FNV-1a over the address (RFC 9923): the same part in every process. */
function shardOf(address: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < address.length; index++) {
    hash = Math.imul(hash ^ address.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % SHARDS;
}
