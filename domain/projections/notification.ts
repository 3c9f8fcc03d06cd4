import type { RecordedEvent } from "../../schemas/events/index.ts";
import type { NotificationView } from "../../schemas/promotion-views.ts";
import { foldPlain } from "./plain.ts";

/** The notification after an event, undefined once it is deleted. */
export function foldNotification(
  before: NotificationView | undefined,
  recorded: RecordedEvent,
): NotificationView | undefined {
  return foldPlain<NotificationView["spec"], NotificationView>("Notification", before, recorded, {
    delivered: 0,
    failed: 0,
    recent: [],
  });
}
