import { toSluiceError } from "../../../schemas/errors.ts";
import type { Context } from "../context.ts";

/** Shows the version of the CLI and, unless only that is asked for, of the server. */
export async function version(context: Context, own: string, options: { client?: boolean }): Promise<void> {
  const server = options.client ? undefined : await serverVersion(context);
  const value = { client: own, ...(server && { server }) };
  if (await context.showValue(value)) return;
  context.io.out(`client ${own}\n`);
  if (server) context.io.out(`server ${server}\n`);
}

async function serverVersion(context: Context): Promise<string | undefined> {
  try {
    return (await context.client.get<{ version: string }>("/version")).version;
  } catch (thrown) {
    context.note(toSluiceError(thrown).message);
    return undefined;
  }
}
