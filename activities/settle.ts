import { rollbackRequest } from "../domain/rollback/automatic.ts";
import { isSelective } from "../domain/selection/selective.ts";
import type { ApplicationEvent } from "../schemas/events/index.ts";
import type { OperationOptions } from "../schemas/operation.ts";
import { type Applications, recordMeta, sinceRequest } from "./applications.ts";
import type { StepHandlers } from "./steps.ts";

export interface SettleDeps {
  applications: Applications;
  /** RFC 3339. */
  now(): string;
  /** Told of what was appended. */
  recorded(events: readonly ApplicationEvent[]): void;
}

/**
 * Appends how operations ended, in order. An operation that has its terminal event already gets no second one. Says which operation
 * the ledger wants next, also when it was asked before and nobody heard the answer.
 */
export function createSettle({ applications, now, recorded }: SettleDeps): StepHandlers["settle"] {
  return async ({ application, ends }) => {
    let certain = true;
    let next = false;
    for (const { request, outcome } of ends) {
      const at = now();
      const { operation, kind, trigger, revision: asked, options } = request;
      const durationMs = sinceRequest(request, at);
      const facts = {
        operation,
        kind,
        trigger,
        ...(asked !== undefined && { asked }),
        ...(isApart(options) && { apart: true }),
      };
      const command = { type: "EndOperation", ...facts, durationMs, outcome } as const;
      const events = await applications.execute(application, command, recordMeta(request, "terminal", at));
      recorded(events);
      certain &&= events.length > 0;
      next ||= events.some(({ type }) => type === "RollbackRequested");
    }
    if (certain && !next) return {};
    const { requested } = await applications.load(application);
    return requested ? { next: rollbackRequest(requested) } : {};
  };
}

/** Whether less, or something else, is asked for than all of the application's own revision. */
const isApart = (options: OperationOptions = {}): boolean =>
  isSelective(options) || options.local !== undefined || options.dryRun === true;
