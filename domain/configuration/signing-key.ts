import { SluiceError } from "../../schemas/errors.ts";
import type { SystemEvent } from "../../schemas/events/index.ts";
import type { Actor } from "../../schemas/operation.ts";

/** A key that commits are signed with, as everybody may know it; its private half is sealed elsewhere. */
export interface SigningKey {
  name: string;
  /** `ssh-ed25519 AAAA…`, as allowed_signers has it. */
  publicKey: string;
  /** `SHA256:…` */
  fingerprint: string;
  by: Actor;
  /** RFC 3339. */
  at: string;
}

/** Keys by name. */
export type SigningKeys = Readonly<Record<string, SigningKey>>;

export type SigningKeyCommand =
  /** The very same key of that name is nothing new; another one takes its place. */
  | ({ type: "AddSigningKey" } & SigningKey)
  /** Throws NotFound. */
  | { type: "RemoveSigningKey"; name: string; by: Actor; at: string };

type SigningKeyEvent = Extract<SystemEvent, { type: "SigningKeyAdded" | "SigningKeyRemoved" }>;

/** What such a command makes happen; [] when there is nothing new to say. */
export function decideSigningKey(command: SigningKeyCommand, keys: SigningKeys = {}): SigningKeyEvent[] {
  const { type, ...data } = command;
  const known = Object.hasOwn(keys, command.name) ? keys[command.name] : undefined;
  if (type === "AddSigningKey") {
    const { name, publicKey, fingerprint, by, at } = data as SigningKey;
    const key = { name, publicKey, fingerprint, by, at };
    return known?.publicKey === publicKey ? [] : [{ type: "SigningKeyAdded", data: key }];
  }
  const { name, by, at } = data;
  if (known) return [{ type: "SigningKeyRemoved", data: { name, by, at } }];
  throw new SluiceError("NotFound", `There is no signing key ${name}`, {
    next: "`sluice signing-key list` names those there are",
  });
}

/** The keys after one of the events. */
export function evolveSigningKeys(keys: SigningKeys = {}, { type, data }: SigningKeyEvent): SigningKeys {
  if (type === "SigningKeyAdded") return { ...keys, [data.name]: data };
  const { [data.name]: _, ...rest } = keys;
  return rest;
}
