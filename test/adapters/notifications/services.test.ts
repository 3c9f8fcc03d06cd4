import { createHmac } from "node:crypto";
import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";
import { afterEach, describe, expect, test } from "vitest";
import { sendMail } from "../../../adapters/notifications/email.ts";
import { sendToPagerDuty } from "../../../adapters/notifications/pagerduty.ts";
import { shown } from "../../../adapters/notifications/post.ts";
import { sendToSlack } from "../../../adapters/notifications/slack.ts";
import { sendToTeams } from "../../../adapters/notifications/teams.ts";
import { sendToWebhook } from "../../../adapters/notifications/webhook.ts";
import type { Message } from "../../../domain/notification/message.ts";
import { type Answer, openService, pagerDuty, slack, type Taken, teams } from "./chat-services.ts";

const MESSAGE: Message = {
  delivery: "d".repeat(32),
  trigger: "promotion-failed",
  severity: "error",
  title: "Promotion failed: shop/prod/p1",
  body: "<!channel> brave-otter & co failed [here](https://evil.example)",
  link: "https://sluice.example/p1",
  facts: { pipeline: "shop", approvalLink: "https://sluice.example/approve/x" },
  subject: "shop/prod/p1",
  key: "promotion/shop/p1",
  at: "2026-03-01T00:00:00Z",
};

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});
async function service(answer: (request: Taken) => Answer) {
  const opened = await openService(answer);
  open.push(opened);
  return opened;
}
const refused = { code: "NotificationRefused" };

describe("Slack", () => {
  test("takes it by an incoming webhook, with nothing in it that calls a channel", async () => {
    const { url, taken } = await service(slack);
    await sendToSlack({ webhookURL: `${url}/services/T0/B0/secret` }, MESSAGE);
    expect(taken).toHaveLength(1);
    const { text, blocks } = taken[0]!.body as { text: string; blocks: { text: { type: string; text: string } }[] };
    expect(text).toContain("&lt;!channel&gt; brave-otter &amp; co");
    expect(blocks[0]!.text).toMatchObject({
      type: "plain_text",
      text: expect.stringContaining(MESSAGE.body) as string,
    });
    for (const block of blocks.slice(1)) expect(block.text.text).not.toContain("brave-otter");
    expect(taken[0]!.text).toContain("|Approve or reject>");
  });

  test("takes it by a token; what it answers with ok false is an error", async () => {
    const { url, taken } = await service(slack);
    const target = { apiURL: `${url}/api`, token: "xoxb-secret", channel: "#releases" };
    await sendToSlack(target, MESSAGE);
    expect(taken).toHaveLength(1);
    await expect(sendToSlack({ ...target, channel: "#none" }, MESSAGE)).rejects.toMatchObject({
      ...refused,
      message: "Slack refused the message: channel_not_found",
    });
  });

  test("that is gone refuses for good, one that is busy says for how long", async () => {
    const gone = await service(slack);
    await expect(sendToSlack({ webhookURL: `${gone.url}/services/T1/B1/x` }, MESSAGE)).rejects.toMatchObject(refused);
    const busy = await service(() => ({ status: 429, headers: { "retry-after": "30" } }));
    await expect(sendToSlack({ webhookURL: busy.url }, MESSAGE)).rejects.toMatchObject({
      ...{ code: "Unavailable", afterMs: 30_000 },
    });
  });
});

describe("Microsoft Teams", () => {
  test("takes an Adaptive Card with the links as buttons, and text that is no link", async () => {
    const { url, taken } = await service(teams);
    await sendToTeams({ webhookURL: `${url}/workflows/secret` }, MESSAGE);
    expect(taken[0]!.text).toContain("Approve or reject");
    expect(taken[0]!.text).toContain("\\\\[here\\\\](https");
    await expect(sendToTeams({ webhookURL: `${url}/workflows/other` }, MESSAGE)).rejects.toMatchObject(refused);
  });
});

describe("PagerDuty", () => {
  test("gets one incident for news of the same key, and its end", async () => {
    const { url, taken } = await service(pagerDuty);
    const target = { url, routingKey: "routing-secret", severity: "critical" } as const;
    await sendToPagerDuty(target, MESSAGE);
    await sendToPagerDuty(target, { ...MESSAGE, resolves: true });
    expect(taken.map(({ body }) => [body["event_action"], body["dedup_key"]])).toEqual([
      ["trigger", "sluice/promotion/shop/p1"],
      ["resolve", "sluice/promotion/shop/p1"],
    ]);
    expect(taken[0]!.body["payload"]).toMatchObject({ severity: "critical", source: "shop/prod/p1" });
    await expect(sendToPagerDuty({ ...target, routingKey: "x" }, MESSAGE)).rejects.toMatchObject(refused);
  });
});

describe("a webhook", () => {
  test("is signed over the very bytes, with its own headers, which can't take the place of ours", async () => {
    const { url, taken } = await service(() => ({ status: 204 }));
    await sendToWebhook({ url, secret: "s3cret", headers: { "X-Team": "sre", "X-Sluice-Event": "forged" } }, MESSAGE);
    const { headers, text, body } = taken[0]!;
    const digest = createHmac("sha256", "s3cret").update(text).digest("hex");
    expect(headers["x-sluice-signature-256"]).toBe(`sha256=${digest}`);
    expect(headers).toMatchObject({ "x-team": "sre", "x-sluice-event": "promotion-failed" });
    expect(body).toEqual(MESSAGE);
  });

  test("follows no redirect, and what is down may be up later", async () => {
    const other = await service(() => ({ status: 204 }));
    const moved = await service(() => ({ status: 302, headers: { location: other.url } }));
    await expect(sendToWebhook({ url: moved.url }, MESSAGE)).rejects.toMatchObject(refused);
    expect(other.taken).toEqual([]);
    const down = await service(() => ({ status: 500, body: "oops" }));
    await expect(sendToWebhook({ url: down.url }, MESSAGE)).rejects.toMatchObject({
      ...{ code: "Unavailable", message: "The webhook answered 500: oops" },
    });
    await expect(sendToWebhook({ url: "http://127.0.0.1:9" }, MESSAGE)).rejects.toMatchObject({ code: "Unavailable" });
  });

  test("that answers without an end is not read to its end, and nothing like a token is repeated", async () => {
    const endless = await service(() => ({ status: 400, body: `token ${"A".repeat(5_000_000)}` }));
    await expect(sendToWebhook({ url: endless.url }, MESSAGE)).rejects.toThrow("refused the message with 400: token …");
    expect(shown("see https://a.example/?key=1\nxoxb-123456789012345678901234567890")).toBe(": see … …");
    expect(shown("a\u009b31mb \u202egnp.exe\u2066\u200f")).toBe(": a 31mb gnp.exe");
  });
});

describe("mail", () => {
  async function mailServer(options: { refuse?: number } = {}) {
    const mails: { to: string[]; text: string }[] = [];
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ["STARTTLS"],
      onAuth: ({ username, password }, _, done) =>
        username === "sluice" && password === "pw" ? done(null, { user: username }) : done(new Error("no")),
      onRcptTo: (_address, _session, done) =>
        done(options.refuse ? Object.assign(new Error("mailbox"), { responseCode: options.refuse }) : undefined),
      onData: (stream, session, done) => {
        let text = "";
        stream.on("data", (part: Buffer) => void (text += part.toString()));
        stream.on("end", () => {
          mails.push({ to: session.envelope.rcptTo.map(({ address }) => address), text });
          done();
        });
      },
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    open.push({ close: () => new Promise<void>((resolve) => server.close(() => resolve())) });
    const { port } = server.server.address() as AddressInfo;
    return {
      mails,
      target: { host: "127.0.0.1", port, from: "sluice@example.com", to: ["ops@example.com"], insecure: true },
    };
  }

  test("arrives, with an id of its own and no header that a text could add", async () => {
    const { mails, target } = await mailServer();
    const title = "Failed\r\nBcc: evil@example.com";
    await sendMail({ ...target, username: "sluice", password: "pw" }, { ...MESSAGE, title });
    expect(mails).toHaveLength(1);
    expect(mails[0]!.to).toEqual(["ops@example.com"]);
    expect(mails[0]!.text).toContain(`Message-ID: <${"d".repeat(32)}@sluice>`);
    expect(mails[0]!.text).not.toMatch(/^Bcc:/m);
    expect(mails[0]!.text).toContain("https://sluice.example/approve/x");
  });

  test("that the server refuses for good is not tried again, a full mailbox is", async () => {
    const never = await mailServer({ refuse: 550 });
    await expect(sendMail(never.target, MESSAGE)).rejects.toMatchObject(refused);
    const later = await mailServer({ refuse: 452 });
    await expect(sendMail(later.target, MESSAGE)).rejects.toMatchObject({ code: "Unavailable" });
  });

  test("is not sent in the clear unless that is said", async () => {
    const { mails, target } = await mailServer();
    await expect(sendMail({ ...target, insecure: false }, MESSAGE)).rejects.toMatchObject(refused);
    expect(mails).toEqual([]);
  });

  test("with a wrong password is refused", async () => {
    const { target } = await mailServer();
    const wrong = { ...target, username: "sluice", password: "no" };
    await expect(sendMail(wrong, MESSAGE)).rejects.toMatchObject(refused);
  });
});
