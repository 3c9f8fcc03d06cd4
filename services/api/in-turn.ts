import { SluiceError } from "../../schemas/errors.ts";

/**
 * Runs work while nothing else changes configuration, here or in any other replica: what was checked still holds when it is written.
 * `still` throws Unavailable once that is not certain any more.
 */
export type InTurn = <Result>(work: (still: () => void) => Promise<Result>) => Promise<Result>;

/** Takes a name that only one process holds at a time, as a lease does. */
export type Take = (options: { signal: AbortSignal; onLost(): void }) => Promise<{ release(): Promise<void> }>;

/** As long as a replica that died keeps its turn, and a while more. */
const LONGEST_WAIT_MS = 20_000;

/** One after the other within this process, each under what only one process can have. Throws Unavailable when it is not to be had. */
export function createInTurn(take: Take, longestWaitMs = LONGEST_WAIT_MS): InTurn {
  let turn: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = turn.then(async () => {
      let lost = false;
      const waited = AbortSignal.timeout(longestWaitMs);
      const lease = await take({ signal: waited, onLost: () => (lost = true) }).catch((cause: unknown) => {
        throw unavailable("Another replica is changing configuration", cause);
      });
      try {
        return await work(() => {
          if (lost) throw unavailable("Another replica may have begun to change configuration");
        });
      } finally {
        await lease.release();
      }
    });
    turn = mine.catch(() => undefined);
    return mine;
  };
}

const unavailable = (what: string, cause?: unknown): SluiceError =>
  new SluiceError("Unavailable", `${what}; nothing was changed`, { next: "try again", cause });
