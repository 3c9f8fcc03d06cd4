import type { NotificationEvent, RecordedEvent } from "../../schemas/events/index.ts";
import type { NotificationView } from "../../schemas/promotion-views.ts";
import { foldPlain } from "./plain.ts";

/** Deliveries that are shown. */
const RECENT = 20;

/** The notification after an event, undefined once it is deleted. */
export function foldNotification(
  before: NotificationView | undefined,
  recorded: RecordedEvent,
): NotificationView | undefined {
  const event = recorded.event as NotificationEvent;
  if (event.type === "NotificationDelivered" || event.type === "NotificationFailed") {
    if (!before) return undefined;
    const failed = event.type === "NotificationFailed";
    const { delayed = [], ...rest } = before;
    const left = delayed.filter(({ delivery }) => delivery !== event.data.delivery);
    return {
      ...rest,
      ...(left.length > 0 && { delayed: left }),
      sequence: recorded.sequence,
      delivered: before.delivered + (failed ? 0 : 1),
      failed: before.failed + (failed ? 1 : 0),
      recent: [event.data, ...before.recent].slice(0, RECENT),
    };
  }
  if (event.type === "NotificationDelayed") {
    if (!before) return undefined;
    const { delayed = [], ...rest } = before;
    return { ...rest, sequence: recorded.sequence, delayed: [event.data, ...delayed].slice(0, RECENT) };
  }
  return foldPlain<NotificationView["spec"], NotificationView>("Notification", before, recorded, {
    delivered: 0,
    failed: 0,
    recent: [],
  });
}
