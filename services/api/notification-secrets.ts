import type { StoredNotificationSpec } from "../../schemas/events/notification.ts";
import type { Notification, NotificationService } from "../../schemas/kinds/notification.ts";
import { canonicalJson } from "../../domain/sync/canonical.ts";
import type { Split } from "./secrets.ts";

/** What a notification's service is given and nobody reads back. */
export function notificationSecrets(service: NotificationService): Record<string, unknown> {
  const { slack, teams, email, pagerduty, webhook } = service;
  const secrets = {
    webhookURL: slack?.webhookURL ?? teams?.webhookURL,
    token: slack?.token,
    password: email?.password,
    routingKey: pagerduty?.routingKey,
    secret: webhook?.secret,
    headers: webhook?.headers,
  };
  return Object.fromEntries(Object.entries(secrets).filter(([, value]) => value !== undefined));
}

function openPart({
  slack,
  teams,
  email,
  pagerduty,
  webhook,
  ...rest
}: NotificationService): StoredNotificationSpec["service"] {
  const { password: _, ...mail } = email ?? { password: undefined };
  return {
    ...rest,
    ...(slack && { slack: slack.channel === undefined ? {} : { channel: slack.channel } }),
    ...(teams && { teams: {} }),
    ...(email && { email: mail as NonNullable<StoredNotificationSpec["service"]["email"]> }),
    ...(pagerduty && { pagerduty: { severity: pagerduty.severity } }),
    ...(webhook && { webhook: { url: webhook.url } }),
  };
}

/** A notification's spec without its secrets, which go to the sealed store under the notification's name. */
export function splitNotification(
  { metadata: { name }, spec }: Notification,
  before: StoredNotificationSpec | undefined,
  digest: (text: string) => string,
): Split<StoredNotificationSpec> {
  const { service, ...rest } = spec;
  const secrets = notificationSecrets(service);
  const given = Object.keys(secrets).length > 0;
  const secretsDigest = given ? digest(canonicalJson(secrets)) : before?.secretsDigest;
  return {
    spec: { ...rest, service: openPart(service), ...(secretsDigest !== undefined && { secretsDigest }) },
    secrets: given ? [{ kind: "notification", name, value: secrets }] : [],
  };
}
