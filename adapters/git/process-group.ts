import type { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { join } from "node:path";

const SPAWNED = "child_process";

/**
 * Ends a git process with all its helpers when a signal aborts. simple-git ends only git itself and tells nobody its pid, so the
 * process is known by a setting of no meaning among its arguments; run through setsid it leads a group of its own.
 */
export class GroupWatch {
  /** To be given to the process with `-c`. */
  readonly setting = `sluice.run=${randomUUID()}`;
  readonly #signal: AbortSignal;
  #child: ChildProcess | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    subscribe(SPAWNED, this.#spawned);
    signal.addEventListener("abort", this.#kill, { once: true });
  }

  end(): void {
    unsubscribe(SPAWNED, this.#spawned);
    this.#signal.removeEventListener("abort", this.#kill);
  }

  /** Told of every process while it is being made; its arguments are known right after. */
  readonly #spawned = (message: unknown): void => {
    const { process: child } = message as { process: ChildProcess };
    queueMicrotask(() => {
      if (child.spawnargs?.includes(this.setting)) this.#child = child;
    });
  };

  readonly #kill = (): void => {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    for (const target of [-pid, pid]) {
      try {
        process.kill(target, "SIGKILL");
        return;
      } catch {
        // It leads no group, or ended by itself meanwhile.
      }
    }
  };
}

/** Where setsid is, if anywhere. */
export async function findSetsid(searchPath: string): Promise<string | undefined> {
  for (const dir of searchPath.split(":").filter((part) => part.startsWith("/"))) {
    const path = join(dir, "setsid");
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  return undefined;
}
