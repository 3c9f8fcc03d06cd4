import type { ApplicationEvent } from "../../schemas/events/index.ts";
import type { ApplicationView } from "../../schemas/views.ts";

/** What happened to the running operation between its start and its end. */
export type InterimEvent = Extract<
  ApplicationEvent,
  { type: "SyncRetryScheduled" | "PruneConfirmationRequested" | "PruneConfirmed" }
>;

/** The application once its running operation backs off, or waits for an operator's yes, or got it. */
export function interim(view: ApplicationView, at: string, event: InterimEvent): ApplicationView {
  if (view.running !== event.data.operation) return view;
  const { retry: _, confirmation: _asked, ...rest } = view;
  switch (event.type) {
    case "SyncRetryScheduled": {
      const { operation, attempt, code, message, inventory } = event.data;
      const retry = { operation, attempt, at: event.data.at, code, message };
      return { ...rest, retry, ...(inventory !== undefined && { inventory }) };
    }
    case "PruneConfirmationRequested":
      return { ...rest, confirmation: { ...event.data, since: at } };
    case "PruneConfirmed":
      return rest;
  }
}
