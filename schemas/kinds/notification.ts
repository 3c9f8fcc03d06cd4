import { z } from "zod";
import { API_VERSION, Metadata, Name } from "./metadata.ts";

/** What can be told of. */
export const NOTIFICATION_TRIGGERS = [
  "waiting-for-approval",
  "promotion-succeeded",
  "promotion-failed",
  "promotion-aborted",
  "promotion-inconclusive",
  "rolled-back",
  "emergency",
  "line-stopped",
  "sync-succeeded",
  "sync-failed",
  "health-degraded",
  "drift-detected",
  "release-created",
] as const;

const Secret = z.string().min(1).max(10_000).describe("Write only: stored encrypted, never readable back.");
const Text = z.string().max(20_000);

/** Where it goes. Addresses that are secrets themselves are given like secrets. */
export const NotificationService = z
  .strictObject({
    slack: z
      .strictObject({
        webhookURL: Secret.optional(),
        token: Secret.optional(),
        channel: z.string().max(200).optional().describe("With token; an incoming webhook has a channel of its own."),
        apiURL: z.url().optional().describe("API of another Slack, such as https://slack-gov.com/api."),
      })
      .refine(({ webhookURL, token }) => webhookURL === undefined || token === undefined, "give webhookURL or token")
      .refine(({ webhookURL, channel }) => webhookURL === undefined || channel === undefined, "channel goes with token")
      .optional(),
    teams: z
      .strictObject({ webhookURL: Secret.optional() })
      .optional()
      .describe("Microsoft Teams, by a Workflows webhook."),
    email: z
      .strictObject({
        host: z.string().min(1),
        port: z.int().min(1).max(65_535).default(587),
        username: z.string().optional(),
        password: Secret.optional(),
        from: z.string().min(3).max(320),
        to: z.array(z.string().min(3).max(320)).min(1).max(100),
        insecure: z.boolean().default(false).describe("Without TLS, for a relay on a network of one's own."),
      })
      .optional(),
    pagerduty: z
      .strictObject({
        routingKey: Secret.optional(),
        severity: z.enum(["critical", "error", "warning", "info"]).default("error"),
        url: z.url().optional().describe("Of another region, such as https://events.eu.pagerduty.com."),
      })
      .optional()
      .describe("PagerDuty, by Events API v2."),
    webhook: z
      .strictObject({
        url: z.url(),
        secret: Secret.optional().describe("Signs the body: HMAC-SHA256 in X-Sluice-Signature-256."),
        headers: z.record(z.string(), z.string()).optional(),
      })
      .optional(),
    commitStatus: z
      .strictObject({ context: z.string().max(200).default("sluice") })
      .optional()
      .describe("Status of the release's commits, at the Git provider of their Repository."),
    pullRequestComment: z.strictObject({}).optional().describe("Comment on the promotion's pull request."),
  })
  .refine((service) => Object.values(service).filter((one) => one !== undefined).length === 1, {
    message: "exactly one of slack, teams, email, pagerduty, webhook, commitStatus and pullRequestComment must be set",
  });

export const NotificationSpec = z.strictObject({
  service: NotificationService,
  triggers: z.array(z.enum(NOTIFICATION_TRIGGERS)).min(1),
  pipelines: z.array(z.string().max(253)).optional().describe("Globs; all when absent."),
  stages: z.array(z.string().max(253)).optional(),
  applications: z.array(z.string().max(253)).optional(),
  projects: z.array(z.string().max(253)).optional(),
  template: z
    .strictObject({ title: Text.optional(), body: Text.optional() })
    .optional()
    .describe("Text with {pipeline}, {stage}, {release}, {application}, {message}, {link} and more in it."),
  approvalLinks: z
    .array(Name)
    .max(50)
    .default([])
    .describe(
      "waiting-for-approval: Accounts that get a one-time link of their own; others get the address to look at.",
    ),
  suspended: z.boolean().default(false),
});

export const Notification = z
  .strictObject({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal("Notification"),
    metadata: Metadata,
    spec: NotificationSpec,
  })
  .describe("Who is told of what, where; each delivery is durable, tried again, and an event.");

export type NotificationTrigger = (typeof NOTIFICATION_TRIGGERS)[number];
export type NotificationService = z.output<typeof NotificationService>;
export type NotificationSpec = z.output<typeof NotificationSpec>;
export type Notification = z.output<typeof Notification>;
