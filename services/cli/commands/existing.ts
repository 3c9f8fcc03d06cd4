import { SluiceError, toSluiceError } from "../../../schemas/errors.ts";
import type { Context } from "../context.ts";

/**
 * The object of that name as it is, undefined when there is none. Throws Conflict when there is one and `upsert` doesn't say that it
 * is to be changed.
 */
export async function existing<Found extends { spec: { url: string } | { server: string } }>(
  { client }: Context,
  { kind, path, name }: { kind: "Cluster" | "Repository"; path: string; name: string },
  { upsert }: { upsert?: boolean },
): Promise<Found | undefined> {
  const found = await client.get<Found>(`${path}/${encodeURIComponent(name)}`).catch((thrown: unknown) => {
    if (toSluiceError(thrown).code === "NotFound") return undefined;
    throw thrown;
  });
  if (found === undefined || upsert) return found;
  const address = "url" in found.spec ? found.spec.url : found.spec.server;
  const other = kind === "Repository" ? "give this one another --name" : "choose another name";
  throw new SluiceError("Conflict", `There is a ${kind} ${name} already, of ${address}`, {
    next: `Add --upsert to change it (what you don't give stays), or ${other}.`,
  });
}
