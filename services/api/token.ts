import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { SluiceError } from "../../schemas/errors.ts";

/** A bearer token and whose it is. */
export interface Token {
  name: string;
  token: string;
}

/** The token in a file that only this user can read; 256 random bits are written there at first start. Two starts at once agree. */
export async function loadToken(path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    await writeFile(path, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600, flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    await chmod(path, 0o600);
  }
  const token = (await readFile(path, "utf8")).trim();
  if (token.length >= 32) return token;
  throw new SluiceError("InvalidConfiguration", `The token file ${path} holds less than 32 characters`, {
    next: "Delete it and start again: a new token is made.",
  });
}

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Finds whose token an Authorization header carries. Looks at every token, in constant time for each. */
export function tokenReader(tokens: readonly Token[]): (header: string | undefined) => string | undefined {
  const known = tokens.map(({ name, token }) => ({ name, digest: sha256(token) }));
  return (header) => {
    const given = sha256(/^Bearer +(\S+) *$/i.exec(header ?? "")?.[1] ?? "");
    let found: string | undefined;
    for (const { name, digest } of known) if (timingSafeEqual(digest, given)) found = name;
    return found;
  };
}
