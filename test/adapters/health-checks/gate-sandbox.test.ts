import { afterAll, expect, test } from "vitest";
import { createExpressions } from "../../../activities/promotion/expressions.ts";
import { createGateSandbox } from "../../../adapters/health-checks/gate-sandbox.ts";
import type { Gate } from "../../../schemas/kinds/gate.ts";
import type { ReleaseView } from "../../../schemas/promotion-views.ts";
import { inputOf } from "../../domain/gate/input.ts";

const sandbox = createGateSandbox();
afterAll(() => sandbox.close());

const author = { name: "Ada", email: "ada@example.com" };
const release = {
  ...{ source: "shop", release: "r1", alias: "brave-otter", origin: "webhook", createdAt: "2026-03-01T00:00:00Z" },
  content: {
    commits: [],
    images: [{ subscription: "web", repository: "ghcr.io/acme/web", tag: "1.2.0", digest: "sha256:1" }],
    charts: [],
  },
  commits: [
    { subscription: "web", commit: "c", subject: "fix: a", author, at: "2026-03-01T00:00:00Z", tickets: ["SHOP-1"] },
  ],
} as unknown as ReleaseView;

/** What an expression gives at a gate of `prod`, whose promotion changes one object. */
async function said(cel: string, over: Parameters<typeof inputOf>[1] = {}) {
  const { pipeline, spec, state, promotion, now } = inputOf({ production: true }, over);
  const gates: Gate[] = [{ name: "g", expression: { cel, onFalse: "block" } }];
  const input = { pipeline, spec, state, promotion, now, gates, release, stage: spec.stages.at(-1)! };
  return (await createExpressions({ evaluate: sandbox.evaluate })(input)).get("g");
}

test.each([
  "diff.changed == 1 && diff.deleted == 0",
  "release.alias == 'brave-otter' && release.tickets.exists(t, t.startsWith('SHOP-'))",
  "release.authors == ['ada@example.com']",
  "release.images.all(i, i.repository.startsWith('ghcr.io/acme/'))",
  "release.carried.all(c, c.author.name != 'renovate')",
  "stage.name == 'prod' && stage.production && !has(stage.current)",
  "trigger.type == 'automatic' && trigger.by == 'sluice'",
  "now.getDayOfWeek() == 1 && now.getHours('Europe/Berlin') == 1",
  "now - timestamp(release.createdAt) >= duration('24h')",
])("%s", async (cel) => {
  expect(await sandbox.look(cel)).toBeUndefined();
  expect(await said(cel)).toEqual({ value: true });
  expect(await said(`!(${cel})`)).toEqual({ value: false });
});

test("what is not there can't be told: a difference that is not rendered, a field, another type", async () => {
  expect(await said("diff.changed < 10", { promotion: { difference: null } })).toMatchObject({
    problem: expect.any(String),
  });
  expect(await said("diff.nothing == 1")).toEqual({ problem: "No such key: nothing" });
  expect(await said("release.alias")).toEqual({ problem: "it gave something else than true or false" });
});

test("one that goes on for ever is ended, and the next is evaluated all the same", { timeout: 30_000 }, async () => {
  const list = `[${Array.from({ length: 60 }, (_, index) => index).join(",")}]`;
  const endless = ["a", "b", "c", "d", "e", "f"].reduceRight((inner, name) => `${list}.all(${name}, ${inner})`, "true");
  expect(await said(endless)).toMatchObject({ problem: expect.any(String) });
  expect(await said("true")).toEqual({ value: true });
});
