import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";
import { chmod, link, mkdir, open, readFile, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { SluiceError } from "../../schemas/errors.ts";

/** Seals what must not be readable at rest, and digests what must only be compared. */
export interface Keyring {
  /** Deterministic authenticated encryption: equal inputs give equal text. It opens only with the same purpose and context. */
  seal(purpose: string, plaintext: string, context: string): string;
  /** Throws Internal when it was sealed with another key, purpose or context, or was changed. */
  open(purpose: string, sealed: string, context: string): string;
  /** Keyed digest, hex: it tells that a value changed, and nobody without the key can guess the value from it. */
  digest(plaintext: string): string;
}

/** What every sealed text begins with. */
export const SEALED_PREFIX = "sealed:v1:";

const FILE_PREFIX = "sluice-keyring:v1:";
const KEY_BYTES = 32;
const KEY_ID_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * The keyring of a file, made with mode 0600 when there is none. One key per line, the newest first: it seals, all of them open. A
 * file that others can read is refused with InvalidConfiguration.
 */
export async function loadKeyring(path: string): Promise<Keyring> {
  const text = (await readPrivately(path)) ?? (await create(path));
  const keys = text.split("\n").filter((line) => line.trim() !== "");
  const masters = keys.map((line) => Buffer.from(line.trim().slice(FILE_PREFIX.length), "base64"));
  const whole = masters.every((key, index) => key.length === KEY_BYTES && keys[index]?.trim().startsWith(FILE_PREFIX));
  if (masters.length === 0 || !whole) {
    throw new SluiceError("InvalidConfiguration", `The keyring ${path} holds something else than keys`, {
      next: "restore it from a backup; without it, stored credentials and sealed artifacts cannot be read",
    });
  }
  return createKeyring(masters);
}

/** A keyring of master keys of 32 bytes, the sealing one first. */
export function createKeyring(masters: readonly Uint8Array[]): Keyring {
  const keys = masters.map(createKey);
  const [newest] = keys;
  if (newest === undefined) throw new RangeError("a keyring needs a key");
  return {
    seal: (purpose, plaintext, context) => newest.seal(purpose, plaintext, context),
    open(purpose, sealed, context) {
      const bytes = sealed.startsWith(SEALED_PREFIX)
        ? Buffer.from(sealed.slice(SEALED_PREFIX.length), "base64")
        : undefined;
      if (bytes === undefined || bytes.length < KEY_ID_BYTES + NONCE_BYTES + TAG_BYTES) throw cannotOpen(purpose);
      const key = keys.find(({ id }) => id.equals(bytes.subarray(0, KEY_ID_BYTES)));
      if (key === undefined) throw cannotOpen(purpose);
      return key.open(purpose, bytes.subarray(KEY_ID_BYTES), context);
    },
    digest: (plaintext) => newest.digest(plaintext),
  };
}

/**
 * One master key. The nonce is a MAC of context and plaintext under a key of its own, the construction of SIV (RFC 5297) with
 * AES-256-GCM: equal inputs seal to equal text and nothing else is given away; a nonce meets a second plaintext only by a
 * collision of 96 bits. Subkeys come from HKDF (RFC 5869), one pair for each purpose.
 */
function createKey(master: Uint8Array) {
  const derived = new Map<string, Buffer>();
  const subkey = (use: string): Buffer => {
    const known = derived.get(use);
    if (known !== undefined) return known;
    const key = Buffer.from(hkdfSync("sha256", master, "", `sluice/v1/${use}`, KEY_BYTES));
    derived.set(use, key);
    return key;
  };
  const id = subkey("id").subarray(0, KEY_ID_BYTES);
  const nonceOf = (purpose: string, plaintext: string, context: string): Buffer =>
    createHmac("sha256", subkey(`nonce/${purpose}`))
      .update(`${Buffer.byteLength(context)}:`)
      .update(context)
      .update(plaintext)
      .digest()
      .subarray(0, NONCE_BYTES);

  return {
    id,
    digest: (plaintext: string): string => createHmac("sha256", subkey("digest")).update(plaintext).digest("hex"),
    seal(purpose: string, plaintext: string, context: string): string {
      const nonce = nonceOf(purpose, plaintext, context);
      const cipher = createCipheriv("aes-256-gcm", subkey(`seal/${purpose}`), nonce).setAAD(Buffer.from(context));
      const body = [cipher.update(plaintext, "utf8"), cipher.final()];
      return SEALED_PREFIX + Buffer.concat([id, nonce, ...body, cipher.getAuthTag()]).toString("base64");
    },
    open(purpose: string, bytes: Buffer, context: string): string {
      const nonce = bytes.subarray(0, NONCE_BYTES);
      const options = { authTagLength: TAG_BYTES };
      const decipher = createDecipheriv("aes-256-gcm", subkey(`seal/${purpose}`), nonce, options);
      decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(-TAG_BYTES));
      try {
        const body = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
        const plaintext = body.toString("utf8");
        if (timingSafeEqual(nonceOf(purpose, plaintext, context), nonce)) return plaintext;
      } catch {
        // Said below, without what the cipher knows.
      }
      throw cannotOpen(purpose);
    },
  };
}

const cannotOpen = (purpose: string): SluiceError =>
  new SluiceError("Internal", `A sealed ${purpose} does not open with this keyring`, {
    next: "restore the keyring that sealed it from a backup, or set the value again",
  });

async function readPrivately(path: string): Promise<string | undefined> {
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) {
      throw new SluiceError("InvalidConfiguration", `The keyring ${path} can be read by others`, {
        next: `chmod 600 ${path}, and set the credentials anew if somebody may have read it`,
      });
    }
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Writes a new key beside the path and links it there, so that of two starts at once one wins and none sees half a file. */
async function create(path: string): Promise<string> {
  const text = `${FILE_PREFIX}${randomBytes(KEY_BYTES).toString("base64")}\n`;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const beside = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  const file = await open(beside, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
    await file.close();
    await chmod(beside, 0o600);
    await link(beside, path);
    return text;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return (await readPrivately(path)) ?? text;
  } finally {
    await rm(beside, { force: true });
  }
}
