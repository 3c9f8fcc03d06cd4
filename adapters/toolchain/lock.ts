import { mkdir, open, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isSameProcess, processStart } from "../embedded/process-identity.ts";

interface Owner {
  pid: number;
  start: string;
}

/** A held lock file; disposing of it removes the file. */
export interface FileLock extends AsyncDisposable {
  path: string;
}

/** How often a waiting process looks whether the lock is free, in milliseconds. */
const LOOK_EVERY_MS = 250;

/**
 * Takes a lock file, waiting while another live process holds it and taking it over when its owner is gone.
 * `onWait` is told the owner once. Two processes that find the same stale lock at the same instant may both go on;
 * what is done under this lock therefore ends in an atomic rename and is only wasted, never wrong, when done twice.
 */
export async function lockFile(
  path: string,
  options: { signal?: AbortSignal | undefined; onWait?: (pid: number) => void } = {},
): Promise<FileLock> {
  await mkdir(dirname(path), { recursive: true });
  let told = false;
  for (;;) {
    options.signal?.throwIfAborted();
    if (await create(path)) return { path, [Symbol.asyncDispose]: () => rm(path, { force: true }) };
    const owner = await readOwner(path);
    if (owner && isSameProcess(owner.pid, owner.start)) {
      if (!told) options.onWait?.(owner.pid);
      told = true;
      await sleep(LOOK_EVERY_MS, undefined, options.signal ? { signal: options.signal } : {});
    } else {
      await rm(path, { force: true });
    }
  }
}

async function create(path: string): Promise<boolean> {
  const own: Owner = { pid: process.pid, start: processStart(process.pid) ?? "" };
  try {
    const file = await open(path, "wx", 0o600);
    await file.writeFile(JSON.stringify(own));
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function readOwner(path: string): Promise<Owner | undefined> {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      return JSON.parse(await readFile(path, "utf8")) as Owner;
    } catch {
      // Its owner may be between creating the file and writing its name into it.
      await sleep(50);
    }
  }
  return undefined;
}
