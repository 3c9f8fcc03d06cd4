import type { Message } from "../../domain/notification/message.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { accepted, AskedToWait, post } from "./post.ts";

const API = "https://slack.com/api";

export interface SlackTarget {
  webhookURL?: string | undefined;
  token?: string | undefined;
  channel?: string | undefined;
  apiURL?: string | undefined;
}

/** Slack's three characters with a meaning (https://docs.slack.dev/messaging/formatting-message-text). */
const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const MARKS = { info: ":white_check_mark:", warning: ":warning:", error: ":x:" } as const;

/** A message in Slack's Block Kit. */
export function slackPayload({ title, body, link, severity, facts }: Message): object {
  // Plain text has no markup: what facts hold is shown as it is.
  const text = `${MARKS[severity]} ${title}\n${body}`;
  const links = [facts["approvalLink"] && `<${facts["approvalLink"]}|Approve or reject>`, link && `<${link}|Details>`];
  const shownLinks = links.filter(Boolean).join(" · ");
  return {
    text: `${escaped(title)}: ${escaped(body)}`,
    mrkdwn: false,
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: "section", text: { type: "plain_text", text: text.slice(0, 3_000), emoji: true } },
      ...(shownLinks === "" ? [] : [{ type: "section", text: { type: "mrkdwn", text: shownLinks } }]),
    ],
  };
}

/** Errors of chat.postMessage that pass. */
const PASSING = new Set([
  "internal_error",
  "fatal_error",
  "service_unavailable",
  "request_timeout",
  "team_added_to_org",
]);

/** Sends by an incoming webhook, or by chat.postMessage. Throws as `accepted` does. */
export async function sendToSlack(
  { webhookURL, token, channel, apiURL = API }: SlackTarget,
  message: Message,
): Promise<void> {
  const payload = slackPayload(message);
  if (webhookURL !== undefined) {
    return accepted(await post({ to: "Slack", url: webhookURL, body: JSON.stringify(payload) }), "Slack");
  }
  const answer = await post({
    to: "Slack",
    url: `${apiURL}/chat.postMessage`,
    body: JSON.stringify({ ...payload, channel }),
    headers: { authorization: `Bearer ${token}` },
  });
  accepted(answer, "Slack");
  const { ok, error } = answerOf(answer.text);
  if (ok) return;
  if (error === "ratelimited" || error === "rate_limited")
    throw new AskedToWait("Slack asks to be left alone", answer.retryAfterMs);
  if (PASSING.has(error)) throw new SluiceError("Unavailable", `Slack answered ${error}`);
  throw new SluiceError("NotificationRefused", `Slack refused the message: ${error}`, {
    next:
      error === "not_in_channel"
        ? "invite the app to the channel"
        : "look at the token, its scope chat:write, and the channel",
  });
}

function answerOf(text: string): { ok: boolean; error: string } {
  // The answer may be cut: it begins with `ok`, and an error is short.
  const error = /"error"\s*:\s*"([a-z_]{1,60})"/.exec(text)?.[1] ?? "an answer that can't be read";
  return { ok: /"ok"\s*:\s*true/.test(text), error };
}
