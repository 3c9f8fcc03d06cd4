import type { Delivery } from "../../activities/notify.ts";
import { deliveryId } from "../../domain/notification/message.ts";
import type { Handlers } from "./call.ts";
import type { ApiViews } from "./ports.ts";
import { notFound } from "./remove.ts";

/** What telling people takes. */
export interface NotificationPorts {
  views: ApiViews;
  notifications: { deliver(delivery: Delivery): Promise<void> };
}

/** Routes of notifications beside their configuration. */
export function notificationHandlers(
  { views, notifications }: NotificationPorts,
  now: () => Date,
): Required<Pick<Handlers, "testNotification">> {
  return {
    testNotification: async ({ params: { name }, actor, idempotencyKey }) => {
      if (!views.get("notifications", name)) throw notFound("Notification", name);
      const at = now().toISOString();
      const news = {
        ...({ trigger: "test", severity: "info", key: "test", sequence: 0, index: 0, at } as const),
        subject: `test/${idempotencyKey ?? at}`,
        facts: { notification: name, by: actor.name, message: `${actor.name} tests the notification ${name}` },
      };
      await notifications.deliver({ notification: name, news });
      return { notification: name, delivery: deliveryId(name, news) };
    },
  };
}
