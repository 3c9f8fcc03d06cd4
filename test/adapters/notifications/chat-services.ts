import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** What a fake of a service was sent and took. */
export interface Taken {
  path: string;
  headers: IncomingMessage["headers"];
  text: string;
  body: Record<string, unknown>;
}

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

/** A service over HTTP: `answer` says what it makes of a request, and may refuse it as the real one does. */
export async function openService(answer: (request: Taken) => Answer) {
  const taken: Taken[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const text = Buffer.concat(parts).toString("utf8");
      const isJson = /^application\/json\b/.test(request.headers["content-type"] ?? "");
      if (request.method !== "POST" || !isJson) return void response.writeHead(405).end();
      const one = { path: request.url ?? "", headers: request.headers, text, body: JSON.parse(text) as Taken["body"] };
      const { status, headers = {}, body = "" } = answer(one);
      if (status < 300) taken.push(one);
      response.writeHead(status, headers).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, taken, close: () => new Promise<void>((resolve) => server.close(() => resolve())) };
}

const hasBlocks = (body: Taken["body"]): boolean =>
  typeof body["text"] === "string" &&
  Array.isArray(body["blocks"]) &&
  (body["blocks"] as { type?: string; text?: { type?: string; text?: string } }[]).every(
    ({ type, text }) =>
      type === "section" && ["mrkdwn", "plain_text"].includes(text?.type ?? "") && (text?.text ?? "").length <= 3_000,
  );

/** Slack: incoming webhooks (docs.slack.dev/messaging/sending-messages-using-incoming-webhooks) and chat.postMessage. */
export const slack = ({ path, headers, body }: Taken): Answer => {
  if (path === "/services/T0/B0/secret") {
    if (body["channel"] !== undefined) return { status: 400, body: "invalid_payload" };
    return hasBlocks(body) ? { status: 200, body: "ok" } : { status: 400, body: "invalid_blocks" };
  }
  if (path.startsWith("/services/")) return { status: 404, body: "no_service" };
  if (path !== "/api/chat.postMessage") return { status: 404 };
  const refused = (error: string): Answer => ({ status: 200, body: JSON.stringify({ ok: false, error }) });
  if (headers.authorization !== "Bearer xoxb-secret") return refused("invalid_auth");
  if (body["channel"] !== "#releases") return refused("channel_not_found");
  return hasBlocks(body) ? { status: 200, body: JSON.stringify({ ok: true, ts: "1" }) } : refused("invalid_blocks");
};

/** Teams' Workflows webhook: 202 for an Adaptive Card in its envelope. */
export const teams = ({ path, body }: Taken): Answer => {
  if (path !== "/workflows/secret") return { status: 401 };
  const [attachment] = (body["attachments"] ?? []) as { contentType?: string; content?: Record<string, unknown> }[];
  const card = attachment?.content;
  const fits =
    body["type"] === "message" &&
    attachment?.contentType === "application/vnd.microsoft.card.adaptive" &&
    card?.["type"] === "AdaptiveCard" &&
    Array.isArray(card["body"]);
  return fits ? { status: 202 } : { status: 400, body: "Bad payload received by generic incoming webhook." };
};

/** PagerDuty's Events API v2 (developer.pagerduty.com/docs/send-alert-event). */
export const pagerDuty = ({ path, body }: Taken): Answer => {
  if (path !== "/v2/enqueue") return { status: 404 };
  const invalid = (why: string): Answer => ({
    status: 400,
    body: JSON.stringify({ status: "invalid event", message: "Event object is invalid", errors: [why] }),
  });
  if (body["routing_key"] !== "routing-secret") return invalid("'routing_key' is invalid");
  const action = body["event_action"];
  if (!["trigger", "acknowledge", "resolve"].includes(String(action))) return invalid("'event_action' is invalid");
  const key = body["dedup_key"];
  if (typeof key === "string" && key.length > 255) return invalid("'dedup_key' is too long");
  if (action === "trigger") {
    const payload = body["payload"] as Record<string, unknown> | undefined;
    if (typeof payload?.["summary"] !== "string" || payload["summary"].length > 1_024) return invalid("'summary'");
    if (typeof payload["source"] !== "string") return invalid("'source' is missing or blank");
    if (!["critical", "error", "warning", "info"].includes(String(payload["severity"]))) return invalid("'severity'");
  } else if (body["dedup_key"] === undefined) return invalid("'dedup_key' is missing");
  return { status: 202, body: JSON.stringify({ status: "success", dedup_key: body["dedup_key"] }) };
};
