import type { NotificationEvent } from "../../schemas/events/index.ts";
import type { StoredNotificationSpec } from "../../schemas/events/notification.ts";
import { plainDecider } from "../configuration/plain.ts";

/** The aggregate `notification`: its configuration, and what became of each delivery. */
export const notificationDecider = plainDecider<StoredNotificationSpec, NotificationEvent>(
  "notification",
  "Notification",
);
