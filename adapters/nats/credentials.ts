import { Kvm } from "@nats-io/kv";
import type { KV } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import { canonicalJson } from "../../domain/sync/canonical.ts";
import { CREDENTIAL_BUCKET } from "../../schemas/ids.ts";
import { unavailable } from "./failure.ts";

/** What credentials are for. */
export type CredentialKind = "cluster" | "repository" | "webhook" | "notification" | "signing-key" | "verification";

/** Seals values at rest: the part of the keyring that credentials need. */
export interface Sealer {
  seal(purpose: string, plaintext: string, context: string): string;
  open(purpose: string, sealed: string, context: string): string;
  digest(plaintext: string): string;
}

/** Credentials of clusters, repositories and webhooks: stored sealed, handed to adapters only. */
export interface Credentials {
  /** Returns the keyed digest that stands for them in the ledger. */
  put(kind: CredentialKind, name: string, value: unknown): Promise<string>;
  get<T>(kind: CredentialKind, name: string): Promise<T | undefined>;
  delete(kind: CredentialKind, name: string): Promise<void>;
}

const PURPOSE = "credential";

/** Credentials in the KV bucket; only the newest value of a name is kept. */
export function createCredentials(nc: NatsConnection, keyring: Sealer): Credentials {
  let opened: Promise<KV> | undefined;
  const bucket = (): Promise<KV> => {
    opened ??= new Kvm(nc).open(CREDENTIAL_BUCKET, { bindOnly: true });
    opened.catch(() => (opened = undefined));
    return opened;
  };
  const keyOf = (kind: CredentialKind, name: string): string => `${kind}.${name}`;

  return {
    async put(kind, name, value) {
      const text = canonicalJson(value);
      const sealed = keyring.seal(PURPOSE, text, keyOf(kind, name));
      await answered(`store the credentials of ${kind} ${name}`, async () =>
        (await bucket()).put(keyOf(kind, name), sealed),
      );
      return keyring.digest(text);
    },
    async get<T>(kind: CredentialKind, name: string) {
      const entry = await answered(`read the credentials of ${kind} ${name}`, async () =>
        (await bucket()).get(keyOf(kind, name)),
      );
      if (entry === null || entry.operation !== "PUT") return undefined;
      return JSON.parse(keyring.open(PURPOSE, entry.string(), keyOf(kind, name))) as T;
    },
    async delete(kind, name) {
      await answered(`delete the credentials of ${kind} ${name}`, async () =>
        (await bucket()).purge(keyOf(kind, name)),
      );
    },
  };
}

async function answered<Result>(doing: string, ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask();
  } catch (cause) {
    throw unavailable(doing, cause);
  }
}
