import type { ApplicationEvent } from "../../schemas/events/index.ts";
import type { Pin } from "../../schemas/promotion.ts";

/** A promotion made an application run something over what its spec says, or takes that back. */
export type PinEvent = Extract<ApplicationEvent, { type: "RevisionPinned" | "RevisionUnpinned" }>;

export const isPinEvent = (event: ApplicationEvent): event is PinEvent =>
  event.type === "RevisionPinned" || event.type === "RevisionUnpinned";

/** The state after one of them. */
export function evolvePin<State extends { pin?: Pin }>(state: State, event: PinEvent): State {
  const { pin: _, ...rest } = state;
  return (event.type === "RevisionPinned" ? { ...rest, pin: event.data.pin } : rest) as State;
}
