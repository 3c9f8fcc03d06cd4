import { matches } from "../domain/notification/match.ts";
import { deliveryId, type Message, messageFor } from "../domain/notification/message.ts";
import type { NotificationCommand } from "../domain/notification/decider.ts";
import type { News } from "../domain/notification/told.ts";
import { type ErrorCode, SluiceError, toSluiceError } from "../schemas/errors.ts";
import type { StoredNotificationSpec } from "../schemas/events/notification.ts";

/** What crosses between the workflow of a delivery and its activities: news are facts of the ledger, never a secret. */
export interface NotificationSteps {
  /** One try. What a service answers is an outcome, not a failure. */
  sendNotification(input: Delivery): Promise<Sent>;
  /** Records that it did not arrive at first, once. */
  recordDelay(input: DeliveryEnd & { failure: { code: ErrorCode; message: string } }): Promise<void>;
  /** Records what became of it, once. */
  recordDelivery(input: DeliveryEnd): Promise<void>;
}

/** Which news, to which notification. */
export interface Delivery {
  notification: string;
  news: News;
  /** Account that gets a one-time link of its own. */
  account?: string;
}

export type Sent =
  | { status: "delivered"; delivery: string }
  /** The notification is gone, or does not tell of this any more. */
  | { status: "skipped" }
  | { status: "later" | "refused"; delivery: string; code: ErrorCode; message: string; afterMs?: number };

export interface DeliveryEnd extends Delivery {
  delivery: string;
  attempts: number;
  /** Why it was given up; absent where it arrived. */
  failure?: { code: ErrorCode; message: string };
}

export interface NotifyDeps {
  /** The notification as it is configured now. */
  load(notification: string): Promise<StoredNotificationSpec | undefined>;
  secrets(notification: string): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** Sends it the service's way. Throws NotificationRefused where trying again will not help, else what passes. */
  send(input: {
    spec: StoredNotificationSpec;
    secrets: Readonly<Record<string, unknown>>;
    message: Message;
    news: News;
    account?: string;
  }): Promise<void>;
  /** Page with more about the news, where Sluice knows its own address. */
  linkTo(news: News): string | undefined;
  /** A one-time link of an account for the approval that the news asks for; undefined where it may not approve. */
  approvalLink(news: News, account: string): Promise<string | undefined>;
  record(notification: string, command: NotificationCommand, messageId: string): Promise<void>;
  now(): string;
}

/** The activities of a delivery. */
export function createNotificationSteps(deps: NotifyDeps): NotificationSteps {
  return {
    async sendNotification({ notification, news, account }) {
      const spec = await deps.load(notification);
      if (!spec || (news.trigger !== "test" && !matches(spec, news))) return { status: "skipped" };
      const approvalLink = account === undefined ? undefined : await deps.approvalLink(news, account);
      if (account !== undefined && approvalLink === undefined)
        return { ...NO_LINK, delivery: deliveryId(`${notification}/${account}`, news) };
      const facts = { ...news.facts, ...(approvalLink !== undefined && { approvalLink }) };
      const named = account === undefined ? notification : `${notification}/${account}`;
      const link = deps.linkTo(news);
      const template = spec.template;
      const message = messageFor(named, { ...news, facts }, { link, ...(template && { template }) });
      try {
        const secrets = (await deps.secrets(notification)) ?? {};
        await deps.send({ spec, secrets, message, news, ...(account !== undefined && { account }) });
        return { status: "delivered", delivery: message.delivery };
      } catch (thrown) {
        return { ...outcomeOf(thrown), delivery: message.delivery };
      }
    },
    async recordDelay({ notification, news, delivery, attempts, failure }) {
      const { trigger, sequence, subject } = news;
      const about = { delivery, trigger, sequence, subject, attempts, at: deps.now(), ...failure };
      await deps.record(
        notification,
        { type: "RecordDelayed", ...about },
        `notification/${notification}/${delivery}/delayed`,
      );
    },
    async recordDelivery({ notification, news, delivery, attempts, failure }) {
      const { trigger, sequence, subject } = news;
      const about = { delivery, trigger, sequence, subject, attempts, at: deps.now() };
      const command: NotificationCommand = failure
        ? { type: "RecordFailed", ...about, ...failure }
        : { type: "RecordDelivered", ...about };
      await deps.record(notification, command, `notification/${notification}/${delivery}`);
    },
  };
}

const NO_LINK = {
  status: "refused",
  code: "NotificationRefused",
  message: "no link could be made: the server has no externalURL, or the account is not there or disabled",
} as const;

function outcomeOf(thrown: unknown): Omit<Extract<Sent, { status: "later" | "refused" }>, "delivery"> {
  const error = toSluiceError(thrown);
  // What is not of the table may hold anything, so its text stays here.
  const message = thrown instanceof SluiceError ? error.message : "something in Sluice itself went wrong";
  const { afterMs } = thrown as { afterMs?: number };
  const status = error.retryable ? "later" : "refused";
  return { status, code: error.code, message, ...(afterMs !== undefined && { afterMs }) };
}
