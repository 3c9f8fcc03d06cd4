import { readFileSync } from "node:fs";
import type { SigningKeyObject } from "../../../schemas/api/moving-routes.ts";
import { SluiceError } from "../../../schemas/errors.ts";
import { age } from "../age.ts";
import type { Context, Shown } from "../context.ts";
import { harmless } from "../table.ts";

const pathOf = (name: string): string => `/signing-keys/${encodeURIComponent(name.replace(/^signing-key\//, ""))}`;

/** Gives the server a key that commits are signed with. */
export async function add(context: Context, name: string, { file }: { file: string }): Promise<void> {
  const body = { privateKey: file === "-" ? await context.io.readStdin() : readKey(file) };
  const key = await context.client.post<SigningKeyObject>(pathOf(name), { body });
  if (await context.showValue(key)) return;
  context.io.out(`${harmless(`signing-key/${key.name} ${key.fingerprint}`)}\n${harmless(key.publicKey)}\n`);
  context.note("Give the public key to the Git provider, or put it into allowed_signers.");
}

function readKey(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw new SluiceError("InvalidInput", `The key's file ${file} can't be read`, {
      next: "name a file in OpenSSH's format, such as ssh-keygen -t ed25519 -N '' -f release.key makes",
    });
  }
}

const rows = (now: number): Shown<SigningKeyObject> => ({
  columns: [
    { heading: "NAME", cell: ({ name }) => name },
    { heading: "FINGERPRINT", cell: ({ fingerprint }) => fingerprint },
    { heading: "AGE", cell: ({ at }) => age(at, now) },
    { heading: "BY", cell: ({ by }) => by.name },
    { heading: "PUBLIC KEY", cell: ({ publicKey }) => publicKey, wide: true },
  ],
  name: ({ name }) => `signing-key/${name}`,
  empty: "There are no signing keys yet. Give one with: sluice signing-key add NAME --file KEY",
});

/** Lists the keys. */
export async function list(context: Context): Promise<void> {
  const { items } = await context.client.get<{ items: SigningKeyObject[] }>("/signing-keys");
  await context.show(items, rows(Date.now()));
}

/** Has the server forget a key. */
export async function remove(context: Context, name: string): Promise<void> {
  const removed = await context.client.delete<{ name: string; sequence: number }>(pathOf(name));
  if (await context.showValue(removed)) return;
  context.io.out(harmless(`signing-key/${removed.name} removed`) + "\n");
}
