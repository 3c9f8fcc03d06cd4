import type { Accepted } from "../../../schemas/api/bodies.ts";
import type { ApplicationObject } from "../../../schemas/api/objects.ts";
import type { Context } from "../context.ts";
import { harmless } from "../table.ts";

/** Says yes to the deletions that the running operation of an application waits with, and shows which they are. */
export async function confirm(context: Context, name: string, options: { operation?: string }): Promise<void> {
  const path = `/applications/${encodeURIComponent(name)}`;
  const { confirmation } = (await context.client.get<ApplicationObject>(path)).status;
  const body = options.operation === undefined ? {} : { operation: options.operation };
  const accepted = await context.client.post<Accepted>(`${path}/confirm`, { body });
  if (await context.showValue(accepted)) return;
  context.io.out(`application/${name}: ${accepted.operation} may delete\n`);
  for (const { object } of confirmation?.objects ?? []) context.io.out(`  ${harmless(object)}\n`);
  const more = (confirmation?.count ?? 0) - (confirmation?.objects.length ?? 0);
  if (more > 0) context.io.out(`  and ${more} more\n`);
}
