import { sha256 } from "../routing/sha256.ts";
import type { News } from "./told.ts";

/** What is sent, before a service gives it its own form. */
export interface Message {
  /** The same for the same news to the same place. */
  delivery: string;
  trigger: News["trigger"];
  severity: News["severity"];
  title: string;
  body: string;
  /** Page or address with more. */
  link?: string;
  facts: Record<string, string>;
  subject: string;
  key: string;
  resolves?: true;
  /** RFC 3339. */
  at: string;
}

const TITLES: Record<News["trigger"], string> = {
  "waiting-for-approval": "Waiting for approval",
  "promotion-succeeded": "Promoted",
  "promotion-failed": "Promotion failed",
  "promotion-aborted": "Promotion aborted",
  "promotion-inconclusive": "Verification inconclusive",
  "rolled-back": "Rolled back",
  emergency: "Gates skipped in an emergency",
  "line-stopped": "Stop the line",
  "sync-succeeded": "Synced",
  "sync-failed": "Sync failed",
  "health-degraded": "Health",
  "drift-detected": "Drift",
  "release-created": "New release",
  test: "Test",
};

/** Characters of a title and a body that any service takes. */
const TITLE_LIMIT = 200;
const BODY_LIMIT = 2_000;

const shortened = (text: string, limit: number): string =>
  text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;

/** The text with each `{name}` that is a fact in its place; other braces stay. */
export const filledIn = (template: string, facts: Readonly<Record<string, string>>): string =>
  template.replaceAll(/\{([a-zA-Z]+)\}/g, (whole, name: string) => (Object.hasOwn(facts, name) ? facts[name]! : whole));

/** Id of a delivery: 32 hexadecimal digits over the notification and the event. */
export const deliveryId = (notification: string, { trigger, sequence, index, subject }: Omit<News, "facts">): string =>
  sha256([notification, trigger, sequence, index, subject].join("\n")).slice(0, 32);

/** What is sent for news, with the notification's own words where it has some. */
export function messageFor(
  notification: string,
  news: News,
  {
    template,
    link,
  }: { template?: { title?: string | undefined; body?: string | undefined } | undefined; link?: string | undefined },
): Message {
  const facts = { ...news.facts, ...(link !== undefined && { link }), trigger: news.trigger, at: news.at };
  const { trigger, severity, subject, key, at } = news;
  return {
    ...{ delivery: deliveryId(notification, news), trigger, severity, subject, key, at, facts },
    title: shortened(filledIn(template?.title ?? `${TITLES[trigger]}: ${subject}`, facts), TITLE_LIMIT),
    body: shortened(filledIn(template?.body ?? "{message}", facts), BODY_LIMIT),
    ...(link !== undefined && { link }),
    ...(news.resolves && { resolves: true as const }),
  };
}
