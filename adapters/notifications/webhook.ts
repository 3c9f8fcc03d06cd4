import { createHmac } from "node:crypto";
import type { Message } from "../../domain/notification/message.ts";
import { accepted, post } from "./post.ts";

export interface WebhookTarget {
  url: string;
  secret?: string | undefined;
  headers?: Record<string, string> | undefined;
}

/** Headers that are Sluice's to say. */
const OWN = new Set([
  "content-type",
  "content-length",
  "host",
  "x-sluice-delivery",
  "x-sluice-event",
  "x-sluice-signature-256",
]);

/** Sends the message as it is, signed where there is a secret. Throws as `accepted` does. */
export async function sendToWebhook({ url, secret, headers = {} }: WebhookTarget, message: Message): Promise<void> {
  const body = JSON.stringify(message);
  const own = Object.entries(headers).filter(([name]) => !OWN.has(name.toLowerCase()));
  const signature = secret === undefined ? undefined : createHmac("sha256", secret).update(body).digest("hex");
  const answer = await post({
    to: "The webhook",
    url,
    body,
    headers: {
      ...Object.fromEntries(own),
      "x-sluice-delivery": message.delivery,
      "x-sluice-event": message.trigger,
      ...(signature !== undefined && { "x-sluice-signature-256": `sha256=${signature}` }),
    },
  });
  accepted(answer, "The webhook");
}
