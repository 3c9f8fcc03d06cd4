import type { Emergency, Line } from "../../../schemas/api/promotion-routes.ts";
import type { Context } from "../context.ts";
import { emergencyRows } from "../promotion-columns.ts";
import { harmless } from "../table.ts";

/** Stops promotions everywhere, but rollbacks. */
export async function stop(context: Context, reason: string): Promise<void> {
  await told(context, await context.client.post<Line>("/line/stop", { body: { reason } }));
}

/** Lets promotions go on. */
export async function resume(context: Context): Promise<void> {
  await told(context, await context.client.post<Line>("/line/resume", { body: {} }));
}

async function told(context: Context, line: Line): Promise<void> {
  if (await context.showValue(line)) return;
  context.io.out(`${lineText(line) ?? "the line runs: promotions go on"}\n`);
}

/** That the line is stopped, by whom and why; undefined while it runs. */
export const lineText = ({ stopped, by, reason, at }: Line): string | undefined =>
  stopped
    ? harmless(`the line is stopped by ${by?.name ?? "somebody"} since ${at ?? "?"}: ${reason ?? ""}`) +
      "; let it go on with: sluice resume-the-line"
    : undefined;

/** Lists gates that were skipped in emergencies. */
export async function emergencies(context: Context, { open }: { open?: boolean }): Promise<void> {
  const items = await context.client.list<Emergency>("/emergencies", open ? { open: true } : {});
  const rows = emergencyRows(Date.now());
  await context.show(items, open ? { ...rows, empty: "No record of an emergency is open." } : rows);
}

/** Closes the record of an emergency. */
export async function close(context: Context, record: string, note: string): Promise<void> {
  const path = `/emergencies/${encodeURIComponent(record.replace(/^emergency\//, ""))}/close`;
  const closed = await context.client.post<Emergency>(path, { body: { note } });
  if (await context.showValue(closed)) return;
  context.io.out(harmless(`emergency/${closed.record} closed by ${closed.closed?.by.name ?? "you"}`) + "\n");
}
