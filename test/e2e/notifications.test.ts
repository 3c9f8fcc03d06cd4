import { createHmac } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { NotificationView } from "../../schemas/promotion-views.ts";
import { type Answer, openService, type Taken } from "../adapters/notifications/chat-services.ts";
import { application, configMap } from "../fixtures/configuration.ts";
import { Stack, until } from "../fixtures/stack.ts";

/** News of the ledger to a webhook, on real servers: durable, signed, each with an event. */

const SECRET = "canary-of-the-notification";
let stack: Stack;
let service: Awaited<ReturnType<typeof openService>>;
let answer: (request: Taken) => Answer = () => ({ status: 204 });
let asked = 0;
let deploy: (text: string) => Promise<string>;

const notification = (more: object = {}): object => ({
  apiVersion: "sluice.dev/v1",
  kind: "Notification",
  metadata: { name: "hook" },
  spec: {
    service: { webhook: { url: `${service.url}/hook`, secret: SECRET } },
    triggers: ["sync-succeeded", "sync-failed"],
    applications: ["web"],
    ...more,
  },
});

beforeAll(async () => {
  stack = await Stack.start({ controllers: false });
  service = await openService((request) => {
    asked += 1;
    return answer(request);
  });
  await stack.prepare();
  const { url: repoURL, fixture: git } = await stack.addRepository("apps");
  const write = (text: string) => git.commit({ "web/cm.yaml": configMap("settings", { text }) }, text);
  await write("one");
  await stack.apply(notification());
  const policy = { automated: {}, syncOptions: ["CreateNamespace=true"] };
  await stack.apply(application("web", { repoURL, path: "web" }, { syncPolicy: policy }));
  deploy = async (text) => {
    const commit = await write(text);
    await stack.deliver("apps");
    await stack.deployed("web", commit);
    return commit;
  };
});
afterAll(async () => {
  await service?.close();
  await stack?.stop();
});

const known = async (): Promise<NotificationView> =>
  (await stack.api<{ status: NotificationView }>("GET", "/notifications/hook")).body.status;

it("tells of a sync, signed, and records that it arrived", async () => {
  await until("the first sync is told", async () => service.taken.length === 1);
  const { text, headers, body } = service.taken[0]!;
  const digest = createHmac("sha256", SECRET).update(text).digest("hex");
  expect(headers["x-sluice-signature-256"]).toBe(`sha256=${digest}`);
  expect(body).toMatchObject({ trigger: "sync-succeeded", subject: "web", facts: { application: "web" } });
  await until("the delivery is recorded", async () => (await known()).delivered === 1);
  const [delivery] = (await known()).recent;
  expect(delivery).toMatchObject({ trigger: "sync-succeeded", attempts: 1, delivery: headers["x-sluice-delivery"] });
});

it("a service that is down gets it later, also when the server is killed meanwhile, and it is recorded once", async () => {
  const before = (await known()).delivered;
  const taken = service.taken.length;
  answer = () => ({ status: 503 });
  asked = 0;
  const commit = await deploy("two");
  await until("it is tried again", async () => asked >= 2);
  stack.server.kill();
  answer = () => ({ status: 204 });
  await until("it is delivered after the restart", async () => (await known()).delivered === before + 1);
  const told = service.taken
    .slice(taken)
    .filter(({ body }) => (body["facts"] as { revision?: string }).revision === commit);
  expect(told).toHaveLength(1);
  expect((await known()).recent[0]).toMatchObject({ trigger: "sync-succeeded" });
  expect((await known()).recent[0]!.attempts).toBeGreaterThan(2);
});

it("a service that refuses is not asked again, and the event says why", async () => {
  answer = () => ({ status: 401, body: "no such hook" });
  asked = 0;
  const { status } = await stack.api("POST", "/notifications/hook/test");
  expect(status).toBe(202);
  await until("the failure is recorded", async () => (await known()).failed === 1);
  expect(asked).toBe(1);
  expect((await known()).recent[0]).toMatchObject({
    ...{ trigger: "test", code: "NotificationRefused", attempts: 1 },
    message: "The webhook refused the message with 401: no such hook",
  });
  answer = () => ({ status: 204 });
});

it("the secret stands in no answer and no event; without it nothing is sent to another address", async () => {
  const shown = await stack.api("GET", "/notifications/hook");
  const events = await stack.api("GET", "/events?limit=500");
  expect(JSON.stringify([shown.body, events.body])).not.toContain(SECRET);
  const moved = { service: { webhook: { url: `${service.url}/elsewhere` } } };
  await stack.apply(notification(moved));
  const taken = service.taken.length;
  await stack.api("POST", "/notifications/hook/test");
  await until("the test arrives at the other address", async () => service.taken.length === taken + 1);
  expect(service.taken.at(-1)!.path).toBe("/elsewhere");
  expect(service.taken.at(-1)!.headers["x-sluice-signature-256"]).toBeUndefined();
});

it("one that is suspended tells nothing of what happens", async () => {
  await stack.apply(notification({ suspended: true }));
  const taken = service.taken.length;
  await deploy("three");
  await stack.apply(notification());
  await deploy("four");
  await until("the next one is told", async () => service.taken.length > taken);
  expect(service.taken.slice(taken)).toHaveLength(1);
});
