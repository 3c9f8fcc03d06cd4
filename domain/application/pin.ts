import { SluiceError } from "../../schemas/errors.ts";
import type { ApplicationEvent } from "../../schemas/events/index.ts";
import type { Actor } from "../../schemas/operation.ts";
import type { Pin } from "../../schemas/promotion.ts";
import { same } from "./same.ts";
import type { ApplicationState } from "./state.ts";

/** What can be asked of what an application is pinned to. */
export type PinCommand =
  /** Refused with NotFound when the application does not exist. */
  | { type: "PinRevision"; pin: Pin; by: Actor }
  /** With `of` only a pin of that stage is taken back. */
  | { type: "UnpinRevision"; by: Actor; reason: string; of?: Pick<Pin, "pipeline" | "stage"> };

export const isPinCommand = (command: { type: string }): command is PinCommand =>
  command.type === "PinRevision" || command.type === "UnpinRevision";

/** What such a command makes happen; [] when there is nothing new to say. */
export function decidePin(command: PinCommand, { configuration, pin }: ApplicationState): ApplicationEvent[] {
  if (command.type === "PinRevision") {
    if (!configuration) {
      throw new SluiceError("NotFound", "there is no application of this name to pin", {
        next: "create it first, or take it out of the stage",
      });
    }
    return same(pin, command.pin) ? [] : [{ type: "RevisionPinned", data: { pin: command.pin, by: command.by } }];
  }
  const { by, reason, of } = command;
  const meant = pin && (of === undefined || (pin.pipeline === of.pipeline && pin.stage === of.stage));
  return meant ? [{ type: "RevisionUnpinned", data: { by, reason } }] : [];
}

/** A promotion made an application run something over what its spec says, or takes that back. */
export type PinEvent = Extract<ApplicationEvent, { type: "RevisionPinned" | "RevisionUnpinned" }>;

export const isPinEvent = (event: ApplicationEvent): event is PinEvent =>
  event.type === "RevisionPinned" || event.type === "RevisionUnpinned";

/** The state after one of them. */
export function evolvePin<State extends { pin?: Pin }>(state: State, event: PinEvent): State {
  const { pin: _, ...rest } = state;
  return (event.type === "RevisionPinned" ? { ...rest, pin: event.data.pin } : rest) as State;
}
