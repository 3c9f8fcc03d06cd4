import type { NotificationEvent } from "../../schemas/events/index.ts";
import type { StoredNotificationSpec } from "../../schemas/events/notification.ts";
import type { ConfigurationCommand, Configured } from "../configuration/configured.ts";
import { configurationEvents, configuredBy } from "../configuration/plain.ts";
import type { Decider } from "../decider.ts";

/** Deliveries that are remembered by id, so that one that is tried twice is recorded once. */
const REMEMBERED = 1_000;

export interface NotificationState extends Configured<StoredNotificationSpec> {
  /** Ids of ended deliveries, oldest first. */
  ended: string[];
  /** Ids of those that are tried again, oldest first. */
  delayed: string[];
}

type Delivered = Extract<NotificationEvent, { type: "NotificationDelivered" }>["data"];
type Delayed = Extract<NotificationEvent, { type: "NotificationDelayed" }>["data"];
type Failed = Extract<NotificationEvent, { type: "NotificationFailed" }>["data"];

/** What can be asked of a notification. */
export type NotificationCommand =
  | ConfigurationCommand<StoredNotificationSpec>
  | ({ type: "RecordDelivered" } & Delivered)
  | ({ type: "RecordDelayed" } & Delayed)
  | ({ type: "RecordFailed" } & Failed);

function decide(command: NotificationCommand, state: NotificationState): NotificationEvent[] {
  const isKnown = (delivery: string): boolean => state.ended.includes(delivery) || state.delayed.includes(delivery);
  switch (command.type) {
    case "Configure":
    case "Remove":
      return configurationEvents("Notification", command, state) as NotificationEvent[];
    case "RecordDelivered": {
      const { type: _, ...data } = command;
      return state.ended.includes(data.delivery) ? [] : [{ type: "NotificationDelivered", data }];
    }
    case "RecordDelayed": {
      const { type: _, ...data } = command;
      return isKnown(data.delivery) ? [] : [{ type: "NotificationDelayed", data }];
    }
    case "RecordFailed": {
      const { type: _, ...data } = command;
      return state.ended.includes(data.delivery) ? [] : [{ type: "NotificationFailed", data }];
    }
  }
}

function evolve(state: NotificationState, event: NotificationEvent): NotificationState {
  if (event.type === "NotificationDelivered" || event.type === "NotificationFailed") {
    const { delivery } = event.data;
    const delayed = state.delayed.filter((one) => one !== delivery);
    return { ...state, delayed, ended: [...state.ended, delivery].slice(-REMEMBERED) };
  }
  if (event.type === "NotificationDelayed") {
    return { ...state, delayed: [...state.delayed, event.data.delivery].slice(-REMEMBERED) };
  }
  const configured = configuredBy<StoredNotificationSpec>("Notification", event);
  return configured ? { ...configured, ended: state.ended, delayed: state.delayed } : state;
}

/** The aggregate `notification`: its configuration, and what became of each delivery. */
export const notificationDecider: Decider<NotificationState, NotificationCommand, NotificationEvent> = {
  aggregate: "notification",
  initial: { ended: [], delayed: [] },
  evolve,
  decide,
};
