import type { Rebuild, Verification } from "../../../schemas/api/bodies.ts";
import { ERRORS } from "../../../schemas/errors.ts";
import { formatDuration } from "../age.ts";
import type { Context } from "../context.ts";

/** Folds all views again from sequence 0 and says whether they came out as they were. */
export async function rebuild(context: Context): Promise<number> {
  const result = await context.client.post<Rebuild>("/ledger/rebuild");
  if (!(await context.showValue(result))) {
    const { events, sequence, durationMs, identical } = result;
    const same = identical ? "byte-identical to those before" : "NOT the same as before";
    context.io.out(
      `${events} events up to sequence ${sequence} folded in ${formatDuration(durationMs)}; the views are ${same}\n`,
    );
  }
  return result.identical ? 0 : ERRORS.LedgerCorrupt.exit;
}

/** Checks the hash chain of every subject. */
export async function verify(context: Context): Promise<number> {
  const result = await context.client.post<Verification>("/ledger/verify");
  if (!(await context.showValue(result))) {
    for (const { subject, sequence, message } of result.broken)
      context.io.out(`broken: ${subject} at ${sequence}: ${message}\n`);
    const whole = result.broken.length === 0 ? "every chain holds" : `${result.broken.length} broken`;
    context.io.out(`${result.checked} messages checked, ${whole}\n`);
  }
  return result.broken.length === 0 ? 0 : ERRORS.LedgerCorrupt.exit;
}
