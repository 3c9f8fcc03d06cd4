import { createHash, sign, type KeyObject } from "node:crypto";
import type { SshKey } from "./ssh-key.ts";
import { sshNumber, sshString } from "./ssh-wire.ts";

const MAGIC = Buffer.from("SSHSIG");
/** What git signs in: a signature for git is none for anything else. */
const NAMESPACE = "git";
const HASH = "sha512";
/** As ssh-keygen breaks its lines. */
const LINE = 70;

/** An armoured signature as `ssh-keygen -Y sign -n git` makes it (OpenSSH's PROTOCOL.sshsig). */
export function sshSignature(key: SshKey, payload: Uint8Array): string {
  const head = [sshString(NAMESPACE), sshString(""), sshString(HASH)];
  const hashed = createHash(HASH).update(payload).digest();
  const signature = signed(key, Buffer.concat([MAGIC, ...head, sshString(hashed)]));
  const version = Buffer.from([0, 0, 0, 1]);
  const whole = Buffer.concat([MAGIC, version, sshString(key.blob), ...head, sshString(signature)]);
  const lines = whole.toString("base64").match(new RegExp(`.{1,${LINE}}`, "g")) ?? [];
  return ["-----BEGIN SSH SIGNATURE-----", ...lines, "-----END SSH SIGNATURE-----"].join("\n");
}

function signed({ type, key }: SshKey, data: Buffer): Buffer {
  if (type === "ssh-ed25519") return Buffer.concat([sshString(type), sshString(sign(null, data, key))]);
  if (type === "ssh-rsa") return Buffer.concat([sshString("rsa-sha2-512"), sshString(sign("sha512", data, key))]);
  return Buffer.concat([sshString(type), sshString(ecdsa(type, data, key))]);
}

const ECDSA_HASH: Record<string, string> = { nistp256: "sha256", nistp384: "sha384", nistp521: "sha512" };

/** The two numbers of an ECDSA signature (RFC 5656, section 3.1.2). */
function ecdsa(type: string, data: Buffer, key: KeyObject): Buffer {
  const hash = ECDSA_HASH[type.replace("ecdsa-sha2-", "")] ?? "sha512";
  const both = sign(hash, data, { key, dsaEncoding: "ieee-p1363" });
  const half = both.length / 2;
  return Buffer.concat([sshNumber(both.subarray(0, half)), sshNumber(both.subarray(half))]);
}
