import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * The content of a file that only this user can read, made by `create` when there is none yet.
 * Two starts at once agree on one content.
 */
export async function secretFile(path: string, create: () => string = randomSecret): Promise<string> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    await writeFile(path, create(), { mode: 0o600, flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    await chmod(path, 0o600);
  }
  return readFile(path, "utf8");
}

/** 256 random bits, in characters that need no quoting anywhere. */
export function randomSecret(): string {
  return randomBytes(32).toString("base64url");
}
