import type { Context } from "../context.ts";

/** Somebody has pressed Tab and waits. */
const LIMIT_MS = 300;

/** Prints the names of applications, one in a line, for completion: as many as a server says in time, and never an error. */
export async function names(context: Context): Promise<void> {
  try {
    const { items } = await context.client.get<{ items: { metadata: { name: string } }[] }>("/applications", {
      query: { limit: 500 },
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    for (const { metadata } of items) context.io.out(`${metadata.name}\n`);
  } catch {
    // No server, no token or no time: nothing to complete.
  }
}
