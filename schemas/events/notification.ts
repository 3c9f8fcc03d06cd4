import { z } from "zod";
import { NotificationService, NotificationSpec } from "../kinds/notification.ts";

const Labels = { labels: z.record(z.string(), z.string()), annotations: z.record(z.string(), z.string()) };

/** As the ledger holds it: secrets are absent by type; a keyed digest shows that they changed. */
export const StoredNotificationSpec = NotificationSpec.omit({ service: true }).extend({
  service: z.object({
    slack: z.object({ channel: z.string().optional(), apiURL: z.string().optional() }).optional(),
    teams: z.object({}).optional(),
    email: NotificationService.shape.email.unwrap().omit({ password: true }).optional(),
    pagerduty: NotificationService.shape.pagerduty.unwrap().omit({ routingKey: true }).optional(),
    webhook: NotificationService.shape.webhook.unwrap().omit({ secret: true, headers: true }).optional(),
    commitStatus: NotificationService.shape.commitStatus,
    pullRequestComment: NotificationService.shape.pullRequestComment,
  }),
  secretsDigest: z.string().optional(),
});
export type StoredNotificationSpec = z.output<typeof StoredNotificationSpec>;

const Delivery = {
  /** The same for the same news to the same place: what is told twice is delivered once. */
  delivery: z.string(),
  trigger: z.string(),
  /** Ledger sequence of the event that is told of. */
  sequence: z.int(),
  /** Who it is about: `pipeline/stage/promotion` or an application's name. */
  subject: z.string(),
};

/** Events of the aggregate `notification`: its configuration and each delivery. */
export const notificationEvents = {
  NotificationCreated: z.object({ spec: StoredNotificationSpec, ...Labels }),
  NotificationUpdated: z.object({ spec: StoredNotificationSpec, ...Labels }),
  NotificationDeleted: z.object({}),
  NotificationDelivered: z.object({ ...Delivery, attempts: z.int(), at: z.string() }),
  /** The first try did not arrive; it is tried again for about a day. Said once. */
  NotificationDelayed: z.object({
    ...Delivery,
    attempts: z.int(),
    code: z.string(),
    message: z.string(),
    at: z.string(),
  }),
  /** Given up after all attempts, or refused for good. */
  NotificationFailed: z.object({
    ...Delivery,
    attempts: z.int(),
    code: z.string(),
    message: z.string(),
    at: z.string(),
  }),
} as const;
