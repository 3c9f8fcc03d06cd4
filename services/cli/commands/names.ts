import type { Names } from "../completion.ts";
import type { Context } from "../context.ts";

/** Somebody has pressed Tab and waits. */
const LIMIT_MS = 300;

interface Named {
  metadata: { name: string };
  spec: { stages?: { name: string }[] };
}

/** Prints names, one in a line, for completion: as many as a server says in time, and never an error. */
export async function names(context: Context, of: Names): Promise<void> {
  const ask = async <Item>(path: string, query: Record<string, string>): Promise<Item[]> => {
    const call = { query: { limit: 500, ...query }, signal: AbortSignal.timeout(LIMIT_MS) };
    return (await context.client.get<{ items: Item[] }>(path, call)).items;
  };
  try {
    for (const name of new Set(await NAMES[of](ask))) context.io.out(`${name}\n`);
  } catch {
    // No server, no token or no time: nothing to complete.
  }
}

type Ask = <Item>(path: string, query: Record<string, string>) => Promise<Item[]>;

const nameOf = ({ metadata }: Named): string => metadata.name;

const NAMES: Record<Names, (ask: Ask) => Promise<string[]>> = {
  names: async (ask) => (await ask<Named>("/applications", {})).map(nameOf),
  pipelines: async (ask) => (await ask<Named>("/pipelines", {})).map(nameOf),
  stages: async (ask) =>
    (await ask<Named>("/pipelines", {})).flatMap((one) => [
      nameOf(one),
      ...(one.spec.stages ?? []).map(({ name }) => name),
    ]),
  promotions: async (ask) =>
    (await ask<{ promotion: string }>("/promotions", { phase: "Open" })).map(({ promotion }) => promotion),
};
