import { SluiceError } from "../../schemas/errors.ts";
import type { SystemEvent } from "../../schemas/events/index.ts";
import type { Actor } from "../../schemas/operation.ts";

/** A secret of verifications, as everybody may know it; its values are sealed elsewhere. */
export interface GivenSecret {
  name: string;
  /** Sorted. */
  keys: string[];
  /** Keyed digest of all values. */
  digest: string;
  by: Actor;
  /** RFC 3339. */
  at: string;
}

/** Secrets by name. */
export type GivenSecrets = Readonly<Record<string, GivenSecret>>;

export type SecretCommand =
  /** The very same values are nothing new. */
  | ({ type: "GiveSecret" } & GivenSecret)
  /** Throws NotFound. */
  | { type: "RemoveSecret"; name: string; by: Actor; at: string };

type SecretEvent = Extract<SystemEvent, { type: "SecretGiven" | "SecretRemoved" }>;

/** What such a command makes happen; [] when there is nothing new to say. */
export function decideSecret(command: SecretCommand, secrets: GivenSecrets = {}): SecretEvent[] {
  const known = Object.hasOwn(secrets, command.name) ? secrets[command.name] : undefined;
  if (command.type === "GiveSecret") {
    const { type: _, ...data } = command;
    return known?.digest === data.digest ? [] : [{ type: "SecretGiven", data }];
  }
  const { name, by, at } = command;
  if (known) return [{ type: "SecretRemoved", data: { name, by, at } }];
  throw new SluiceError("NotFound", `There is no secret ${name}`, {
    next: "`sluice secret list` names those there are",
  });
}

/** The secrets after one of the events. */
export function evolveSecrets(secrets: GivenSecrets = {}, { type, data }: SecretEvent): GivenSecrets {
  if (type === "SecretGiven") return { ...secrets, [data.name]: data };
  const { [data.name]: _, ...rest } = secrets;
  return rest;
}
