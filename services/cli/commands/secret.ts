import { readFileSync } from "node:fs";
import type { SecretObject } from "../../../schemas/api/secret-routes.ts";
import { SluiceError } from "../../../schemas/errors.ts";
import { age } from "../age.ts";
import type { Context, Shown } from "../context.ts";
import { harmless } from "../table.ts";

const pathOf = (name: string): string => `/secrets/${encodeURIComponent(name.replace(/^secret\//, ""))}`;

/** Gives the server one value of a secret. */
export async function set(
  context: Context,
  { name, key, file }: { name: string; key: string; file: string },
): Promise<void> {
  const text = file === "-" ? await context.io.readStdin() : readValue(file);
  const body = { key, value: text.replace(/\r?\n$/, "") };
  const given = await context.client.post<SecretObject>(pathOf(name), { body });
  if (await context.showValue(given)) return;
  context.io.out(harmless(`secret/${given.name} has ${given.keys.join(", ")}`) + "\n");
}

function readValue(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw new SluiceError("InvalidInput", `The value's file ${file} can't be read`, {
      next: "name a file that holds the value, or - for standard input",
    });
  }
}

const rows = (now: number): Shown<SecretObject> => ({
  columns: [
    { heading: "NAME", cell: ({ name }) => name },
    { heading: "KEYS", cell: ({ keys }) => keys.join(",") },
    { heading: "AGE", cell: ({ at }) => age(at, now) },
    { heading: "BY", cell: ({ by }) => by.name },
  ],
  name: ({ name }) => `secret/${name}`,
  empty: "There are no secrets yet. Give one with: sluice secret set NAME KEY --file FILE",
});

/** Lists the secrets. */
export async function list(context: Context): Promise<void> {
  const { items } = await context.client.get<{ items: SecretObject[] }>("/secrets");
  await context.show(items, rows(Date.now()));
}

/** Has the server forget a secret. */
export async function remove(context: Context, name: string): Promise<void> {
  const removed = await context.client.delete<{ name: string; sequence: number }>(pathOf(name));
  if (await context.showValue(removed)) return;
  context.io.out(harmless(`secret/${removed.name} removed`) + "\n");
}
