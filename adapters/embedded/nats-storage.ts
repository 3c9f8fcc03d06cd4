import { statfs } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { SupervisedProcess } from "./supervised-process.ts";

/** Whether the store of an embedded NATS server takes writes. */
export interface NatsStorage {
  /** What the server says is wrong with it, or undefined. */
  failing(): string | undefined;
  /** Ends the looking; resolves when the look in progress is over. */
  stop(): Promise<void>;
}

export interface NatsStorageOptions {
  monitoringUrl: string;
  dataDir: string;
  process: Pick<SupervisedProcess, "state" | "kill">;
  /** Time between looks. Default 5 s. */
  everyMs?: number | undefined;
}

const EVERY_MS = 5_000;
const LOOK_MS = 5_000;
/** Free space from which a server that could not write is worth a new start: a few of its blocks. */
const ENOUGH_BYTES = 64 * 1024 * 1024;

/**
 * Looks after the store of an embedded NATS server. A stream to which one write failed, for a full disk say, refuses all further ones
 * until the server is started anew, so that is done as soon as there is space again. What was acknowledged is on disk.
 */
export function watchStorage({ monitoringUrl, dataDir, process, everyMs = EVERY_MS }: NatsStorageOptions): NatsStorage {
  const ending = new AbortController();
  let failing: string | undefined;

  const look = async (): Promise<void> => {
    if (process.state !== "ready") return;
    const signal = AbortSignal.any([ending.signal, AbortSignal.timeout(LOOK_MS)]);
    failing = await writeError(monitoringUrl, signal);
    if (failing === undefined) return;
    const { bavail, bsize } = await statfs(dataDir);
    if (bavail * bsize >= ENOUGH_BYTES && process.state === "ready" && !ending.signal.aborted) process.kill("SIGTERM");
  };
  const run = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      await sleep(everyMs, undefined, { signal: ending.signal, ref: false }).catch(() => undefined);
      // A server that does not answer is the supervisor's business.
      if (!ending.signal.aborted) await look().catch(() => undefined);
    }
  };
  const running = run();

  return {
    failing: () => failing,
    async stop() {
      ending.abort();
      await running;
    },
  };
}

/** The write error that the server's own health check tells of. */
async function writeError(monitoringUrl: string, signal: AbortSignal): Promise<string | undefined> {
  const answer = await fetch(`${monitoringUrl}/healthz`, { signal });
  const { error } = (await answer.json()) as { error?: unknown };
  return !answer.ok && typeof error === "string" && error.includes("write error") ? error : undefined;
}
