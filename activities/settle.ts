import type { ApplicationEvent } from "../schemas/events/index.ts";
import { type Applications, recordMeta, sinceRequest } from "./applications.ts";
import type { StepHandlers } from "./steps.ts";

export interface SettleDeps {
  applications: Applications;
  /** RFC 3339. */
  now(): string;
  /** Told of what was appended. */
  recorded(events: readonly ApplicationEvent[]): void;
}

/** Appends how operations ended, in order. An operation that has its terminal event already gets no second one. */
export function createSettle({ applications, now, recorded }: SettleDeps): StepHandlers["settle"] {
  return async ({ application, ends }) => {
    for (const { request, outcome } of ends) {
      const at = now();
      const { operation, kind, trigger, revision: asked } = request;
      const durationMs = sinceRequest(request, at);
      const facts = { operation, kind, trigger, ...(asked !== undefined && { asked }) };
      const command = { type: "EndOperation", ...facts, durationMs, outcome } as const;
      recorded(await applications.execute(application, command, recordMeta(request, "terminal", at)));
    }
  };
}
