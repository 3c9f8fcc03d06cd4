import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Written when a mirror is whole for the first time; without it the directory is a half-made one. */
const MARKER = "sluice-mirror.json";
/** A lock that a living git process holds on a ref or pack list is gone within milliseconds. */
const LOCK_GRACE_MS = 500;

/** Name of a repository's mirror under the mirrors' directory. */
export const mirrorName = (url: string): string => `${createHash("sha256").update(url).digest("hex").slice(0, 32)}.git`;

/** Whether a mirror for this address was made whole once. */
export async function isWhole(dir: string, url: string): Promise<boolean> {
  const text = await readFile(join(dir, MARKER), "utf8").catch(() => "");
  return text === markerOf(url);
}

/** Marks a mirror as made whole, at once or not at all. */
export async function markWhole(dir: string, url: string): Promise<void> {
  await writeFile(join(dir, `${MARKER}.new`), markerOf(url));
  await rename(join(dir, `${MARKER}.new`), join(dir, MARKER));
}

const markerOf = (url: string): string => `${JSON.stringify({ version: 1, url })}\n`;

/** Takes a mirror away, out of its place at once and off the disk after. */
export async function discardMirror(dir: string): Promise<void> {
  const trash = `${dir}.discarded-${process.pid}-${performance.now().toString(36)}`;
  const moved = await rename(dir, trash).then(
    () => true,
    () => false,
  );
  if (moved) await rm(trash, { recursive: true, force: true });
}

/** Removes what earlier processes left behind in the mirrors' directory: discarded mirrors and key files. */
export async function sweep(root: string): Promise<void> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  for (const name of await readdir(root)) {
    if (/\.discarded-|^access-/.test(name)) await rm(join(root, name), { recursive: true, force: true });
  }
}

/** Removes lock and temporary files of a git process that was killed. One that is still held changes or goes meanwhile and is left. */
export async function removeStaleLocks(dir: string): Promise<number> {
  const before = await leftovers(dir);
  if (before.size === 0) return 0;
  await sleep(LOCK_GRACE_MS);
  let removed = 0;
  for (const [path, modified] of await leftovers(dir)) {
    if (before.get(path) !== modified) continue;
    await rm(path, { force: true });
    removed += 1;
  }
  return removed;
}

async function leftovers(dir: string): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  const names = await readdir(dir, { recursive: true }).catch(() => []);
  for (const name of names) {
    if (!/\.lock$|(?:^|\/)tmp_(?:obj|pack|idx|rev)_/.test(name)) continue;
    const stats = await stat(join(dir, name)).catch(() => undefined);
    if (stats?.isFile()) found.set(join(dir, name), stats.mtimeMs);
  }
  return found;
}
