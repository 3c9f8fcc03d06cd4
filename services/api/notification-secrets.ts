import { same } from "../../domain/application/same.ts";
import { canonicalJson } from "../../domain/sync/canonical.ts";
import type { StoredNotificationSpec } from "../../schemas/events/notification.ts";
import type { Notification, NotificationService } from "../../schemas/kinds/notification.ts";
import type { Split } from "./secrets.ts";

type Stored = StoredNotificationSpec["service"];

/** What a notification's service is given and nobody reads back, by the names that its sender knows it by. */
function secretsOf({ slack, teams, email, pagerduty, webhook }: NotificationService): Record<string, unknown> {
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

/** The service without its secrets. */
function openPart({ slack, teams, email, pagerduty, webhook, ...rest }: NotificationService): Stored {
  return {
    ...rest,
    ...(slack && { slack: without(slack, "webhookURL", "token") }),
    ...(teams && { teams: {} }),
    ...(email && { email: without(email, "password") }),
    ...(pagerduty && { pagerduty: without(pagerduty, "routingKey") }),
    ...(webhook && { webhook: { url: webhook.url } }),
  } as Stored;
}

const without = (value: object, ...names: string[]): object =>
  Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));

/** Where a service that can do nothing without a secret has it. */
function needed({ slack, teams, pagerduty }: NotificationService): string | undefined {
  if (slack) return slack.channel === undefined ? "slack.webhookURL" : "slack.token";
  if (teams) return "teams.webhookURL";
  return pagerduty && "pagerduty.routingKey";
}

/** A notification's spec without its secrets, which go to the sealed store under the notification's name. */
export function splitNotification(
  { metadata: { name }, spec }: Notification,
  before: StoredNotificationSpec | undefined,
  digest: (text: string) => string,
): Split<StoredNotificationSpec> {
  const { service, ...rest } = spec;
  const secrets = secretsOf(service);
  const open = openPart(service);
  const given = Object.keys(secrets).length > 0;
  // Secrets of one address are not sent to another.
  const stays = before !== undefined && sameAddress(before.service, open);
  const kept = stays ? before.secretsDigest : undefined;
  const secretsDigest = given ? digest(canonicalJson(secrets)) : kept;
  const lost = !given && before?.secretsDigest !== undefined && kept === undefined;
  const place = needed(service);
  const missing = !given && kept === undefined && place !== undefined;
  return {
    spec: { ...rest, service: open, ...(secretsDigest !== undefined && { secretsDigest }) },
    secrets: given || lost ? [{ kind: "notification", name, value: given ? secrets : undefined }] : [],
    ...(missing && { missing: `spec.service.${place}` }),
  };
}

/** Whether what was sealed goes to the same place still. */
function sameAddress(before: Stored, now: Stored): boolean {
  const place = ({ slack, teams, email, pagerduty, webhook }: Stored) => ({
    ...(slack && { slack: { token: slack.channel !== undefined, apiURL: slack.apiURL } }),
    ...(teams && { teams: {} }),
    ...(email && { email: { host: email.host, port: email.port, username: email.username } }),
    ...(pagerduty && { pagerduty: { url: pagerduty.url } }),
    ...(webhook && { webhook: { url: webhook.url } }),
  });
  return same(place(before), place(now));
}
