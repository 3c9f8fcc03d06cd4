import type { Message } from "../../domain/notification/message.ts";
import { accepted, post } from "./post.ts";

const API = "https://events.pagerduty.com";

export interface PagerDutyTarget {
  routingKey: string;
  severity: "critical" | "error" | "warning" | "info";
  /** Events API of the service's region. */
  url?: string | undefined;
}

/** An event of PagerDuty's Events API v2; news of the same key are one incident, which the news that ends it resolves. */
export function pagerDutyEvent({ routingKey, severity }: Omit<PagerDutyTarget, "url">, message: Message): object {
  const dedupKey = `sluice/${message.key}`.slice(0, 255);
  const head = { routing_key: routingKey, dedup_key: dedupKey };
  if (message.resolves) return { ...head, event_action: "resolve" };
  return {
    ...head,
    event_action: "trigger",
    client: "Sluice",
    payload: {
      summary: `${message.title}: ${message.body}`.slice(0, 1_024),
      source: message.subject,
      severity: message.severity === "error" ? severity : message.severity,
      timestamp: message.at,
      class: message.trigger,
      custom_details: { ...message.facts, delivery: message.delivery },
    },
    ...(message.link !== undefined && { links: [{ href: message.link, text: "Details" }] }),
  };
}

/** Sends an event. Throws as `accepted` does. */
export async function sendToPagerDuty({ url = API, ...target }: PagerDutyTarget, message: Message): Promise<void> {
  const body = JSON.stringify(pagerDutyEvent(target, message));
  accepted(await post({ to: "PagerDuty", url: `${url.replace(/\/+$/, "")}/v2/enqueue`, body }), "PagerDuty");
}
