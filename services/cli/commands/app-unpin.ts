import type { Unpinned } from "../../../schemas/api/moving-routes.ts";
import type { Context } from "../context.ts";
import { harmless } from "../table.ts";

/** Lets an application follow its spec again instead of what a promotion pinned. */
export async function unpin(context: Context, name: string, { reason }: { reason?: string }): Promise<void> {
  const path = `/applications/${encodeURIComponent(name.replace(/^(application|app)\//, ""))}/unpin`;
  const done = await context.client.post<Unpinned>(path, { body: reason === undefined ? {} : { reason } });
  if (await context.showValue(done)) return;
  const what = done.unpinned ? "unpinned: it follows its spec again" : "was not pinned";
  context.io.out(harmless(`application/${done.application} ${what}`) + "\n");
}
