import type { OperationRequest } from "../../schemas/operation.ts";
import type { ApplicationState } from "../application/state.ts";
import type { Hold } from "../hold/hold.ts";

/** Looked at a moment after its end, when the end is recorded. */
const AFTER_MS = 1_000;

/**
 * Why an operation waits while a break-glass is on: it would write over what is changed by hand. Comparisons and dry runs go on, what the
 * break-glass itself asks for, and what is asked for by those it names.
 */
export function breakGlassHold(
  { breakGlass }: Pick<ApplicationState, "breakGlass">,
  { kind, trigger, options }: Pick<OperationRequest, "kind" | "trigger" | "options">,
  now: number,
): Hold | undefined {
  const writesNothing = kind === "refresh" || options?.dryRun === true;
  if (!breakGlass || writesNothing || trigger.type === "breakGlass") return undefined;
  const { people, by, until, reason, ended } = breakGlass;
  const { actor } = trigger;
  const named = people.length === 0 || people.includes(actor.name) || by.name === actor.name;
  if (actor.kind === "user" && trigger.type !== "configuration" && named) return undefined;
  const who = people.length === 0 ? by.name : people.join(", ");
  if (ended) {
    const message = `a break-glass (${reason}) is over and its changes are being put back or committed`;
    return { reason: "BreakGlass", message };
  }
  const message = `a break-glass is on (${reason}); ${who} may deploy or end it: sluice break-glass end`;
  const end = Date.parse(until) + AFTER_MS;
  return { reason: "BreakGlass", message, ...(end > now && { until: new Date(end).toISOString() }) };
}
