import { createHash, createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { SluiceError } from "../../schemas/errors.ts";
import { read, type SshReader } from "./ssh-wire.ts";

/** A private key that signs as ssh does, with its public half in ssh's form. */
export interface SshKey {
  /** As in `ssh-ed25519`. */
  type: string;
  /** The public key in ssh's wire form. */
  blob: Buffer;
  key: KeyObject;
}

const HEADER = "-----BEGIN OPENSSH PRIVATE KEY-----";
const MAGIC = "openssh-key-v1\0";
const CURVES: Record<string, string> = { nistp256: "P-256", nistp384: "P-384", nistp521: "P-521" };

/**
 * A private key in OpenSSH's own format (its PROTOCOL.key), without a passphrase: ed25519, ECDSA or RSA. Throws InvalidInput for anything
 * else; no message shows any of it.
 */
export function parseSshKey(text: string): SshKey {
  const body = text.trim();
  if (!body.startsWith(HEADER)) {
    throw unusable("it is no private key in OpenSSH's format", "make one with: ssh-keygen -t ed25519 -N '' -f key");
  }
  try {
    const base64 = body.slice(HEADER.length).replace(/-----END OPENSSH PRIVATE KEY-----\s*$/, "");
    return keyIn(Buffer.from(base64.replaceAll(/\s+/g, ""), "base64"));
  } catch (error) {
    if (error instanceof SluiceError) throw error;
    // What a parser says of a key may show some of it.
    throw unusable("it is damaged", "give the whole file, from BEGIN to END");
  }
}

/** `ssh-ed25519 AAAA…`, as authorized_keys and allowed_signers have it. */
export const publicKeyOf = ({ type, blob }: Pick<SshKey, "type" | "blob">): string =>
  `${type} ${blob.toString("base64")}`;

/** `SHA256:…`, as `ssh-keygen -l` prints it. */
export const fingerprintOf = ({ blob }: Pick<SshKey, "blob">): string =>
  `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;

function keyIn(bytes: Buffer): SshKey {
  if (bytes.toString("latin1", 0, MAGIC.length) !== MAGIC) throw new RangeError("no magic");
  const outer = read(bytes.subarray(MAGIC.length));
  const cipher = outer.text();
  outer.string();
  outer.string();
  if (cipher !== "none") {
    throw unusable("it has a passphrase", "take one without: the service has nobody to ask, and seals it itself");
  }
  if (outer.uint32() !== 1) throw new RangeError("several keys");
  const blob = outer.string();
  const inner = read(outer.string());
  if (inner.uint32() !== inner.uint32()) throw new RangeError("check failed");
  const type = inner.text();
  const key = privateKey(type, inner);
  // A file may be put together of two: what does not belong together would sign what nobody can verify.
  createPublicKey(key);
  return { type, blob: Buffer.from(blob), key };
}

function privateKey(type: string, fields: SshReader): KeyObject {
  if (type === "ssh-ed25519") {
    const x = fields.string();
    const d = fields.string().subarray(0, 32);
    return createPrivateKey({ format: "jwk", key: { kty: "OKP", crv: "Ed25519", x: url(x), d: url(d) } });
  }
  if (type.startsWith("ecdsa-sha2-")) return ecdsaKey(fields);
  if (type === "ssh-rsa") return rsaKey(fields);
  throw unusable(
    `keys of type ${type.slice(0, 40).replaceAll(/[^\w@.-]/g, "?")} are not supported`,
    "take an ed25519 key",
  );
}

function ecdsaKey(fields: SshReader): KeyObject {
  const crv = CURVES[fields.text()];
  const point = fields.string();
  const size = (point.length - 1) / 2;
  const d = withoutSign(fields.string());
  if (crv === undefined || point[0] !== 4) throw new RangeError("unknown curve");
  const padded = Buffer.concat([Buffer.alloc(Math.max(0, size - d.length)), d]);
  const [x, y] = [point.subarray(1, 1 + size), point.subarray(1 + size)];
  return createPrivateKey({ format: "jwk", key: { kty: "EC", crv, x: url(x), y: url(y), d: url(padded) } });
}

function rsaKey(fields: SshReader): KeyObject {
  const [n, e, d, qi, p, q] = Array.from({ length: 6 }, () => withoutSign(fields.string())) as [
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
  ];
  const exponent = (prime: Buffer): string => url(numbered(bigOf(d) % (bigOf(prime) - 1n)));
  const key = {
    kty: "RSA",
    n: url(n),
    e: url(e),
    d: url(d),
    p: url(p),
    q: url(q),
    qi: url(qi),
    dp: exponent(p),
    dq: exponent(q),
  };
  return createPrivateKey({ format: "jwk", key });
}

const url = (bytes: Buffer): string => bytes.toString("base64url");
const bigOf = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString("hex") || "0"}`);

function numbered(value: bigint): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
}

/** A number of ssh's form begins with a zero where its first bit is set. */
const withoutSign = (bytes: Buffer): Buffer => (bytes[0] === 0 ? bytes.subarray(1) : bytes);

const unusable = (why: string, next: string): SluiceError =>
  new SluiceError("InvalidInput", `The signing key can't be used: ${why}`, { next });
