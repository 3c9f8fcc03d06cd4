import { beforeEach, describe, expect, it } from "vitest";
import { SluiceError } from "../../../schemas/errors.ts";
import { FOX, NO_COUNTS, NOW, openShop, OTTER } from "./shop.ts";

type Shop = Awaited<ReturnType<typeof openShop>>;
let at: Shop;
beforeEach(async () => {
  at = await openShop();
});
const PROMOTIONS = "/pipelines/shop/promotions";
const promote = (body: object, headers: object = {}) => at.call("POST", PROMOTIONS, body, headers);
const stage = (verb: string, body: object = {}, name = "prod") =>
  at.call("POST", `/pipelines/shop/stages/${name}/${verb}`, body);
const types = () => at.events.filter(({ aggregate }) => aggregate.type === "pipeline").map(({ event }) => event.type);

describe("a release is promoted", () => {
  it("by its alias, and the answer names the promotion", async () => {
    const { status, body } = await promote({ stage: "staging", release: "calm-fox" });
    expect(status).toBe(200);
    expect(body).toMatchObject({ ...FOX, pipeline: "shop", stage: "staging", changed: true, held: false });
    expect(at.events.at(-1)).toMatchObject({
      actor: { kind: "user", name: "admin" },
      event: { type: "PromotionRequested", data: { trigger: { type: "manual" } } },
    });
  });

  it("as the newest when none is named", async () => {
    expect((await promote({ stage: "staging" })).body).toMatchObject(OTTER);
    const none = await promote({ stage: "prod" });
    expect(none.status).toBe(409);
    expect(none.text).toContain("No release is verified in staging");
    await at.through("staging", FOX.release);
    expect((await promote({ stage: "prod" })).body).toMatchObject(FOX);
  });

  it("once with one idempotency key", async () => {
    const key = { "idempotency-key": "click" };
    const first = await promote({ stage: "staging", release: "calm-fox" }, key);
    const again = await promote({ stage: "staging", release: "calm-fox" }, key);
    const { promotion } = first.body as { promotion: string };
    expect(again.body).toMatchObject({ promotion, changed: false });
    expect(types().filter((type) => type === "PromotionRequested")).toHaveLength(1);
  });

  it("as it was meant the first time, when it is asked again with its key", async () => {
    const key = { "idempotency-key": "retry" };
    await at.through("staging", FOX.release);
    const { promotion } = (await promote({ stage: "prod" }, key)).body as { promotion: string };
    await at.through("staging", OTTER.release);
    expect((await promote({ stage: "prod" }, key)).body).toMatchObject({
      ...FOX,
      promotion,
      changed: false,
      held: false,
    });
  });

  it("and holds the stage where that is a step back", async () => {
    await at.through("staging", OTTER.release);
    expect((await promote({ stage: "staging", release: FOX.release })).body).toMatchObject({ held: true });
  });

  it.each([
    ["a stage that is not there", { stage: "production" }, 404, "no stage production"],
    ["a release that is not there", { stage: "staging", release: "loud-owl" }, 404, "no release loud-owl"],
    ["an emergency without a reason", { stage: "prod", emergency: { gates: ["soak"] } }, 422, "reason"],
    ["no stage", {}, 422, "stage"],
  ])("not into %s", async (_, body, status, about) => {
    const answer = await promote(body);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(about);
    expect(types()).not.toContain("PromotionRequested");
  });

  it("is decided again when another writer came first", async () => {
    let conflicts = 1;
    at.failures.appendAll = () => (conflicts-- > 0 ? new SluiceError("LedgerConflict", "moved") : undefined);
    expect((await promote({ stage: "staging" })).status).toBe(200);
  });

  it("not of a pipeline that is not there, nor of a name that is none", async () => {
    expect((await at.call("POST", "/pipelines/none/promotions", { stage: "staging" })).status).toBe(404);
    expect((await at.call("POST", "/pipelines/*/promotions", { stage: "staging" })).status).toBe(422);
  });
});

it("what a release would change is shown, and nothing is asked for", async () => {
  const asked: unknown[] = [];
  at.ports.previewPromotion = async (input) => {
    asked.push(input);
    return { blob: "preview" };
  };
  const difference = { version: 1, pipeline: "shop", stage: "staging", release: OTTER.release, counts: NO_COUNTS };
  at.blobs.set("preview", { ...difference, applications: [], commits: [], contents: [] });
  expect((await stage("preview", {}, "staging")).body).toMatchObject(difference);
  await stage("preview", { release: "calm-fox" }, "staging");
  expect(asked).toMatchObject([OTTER, FOX].map((release) => ({ pipeline: "shop", stage: "staging", release })));
  expect((await stage("preview", { release: "loud-owl" })).status).toBe(404);
  expect(types()).not.toContain("PromotionRequested");
});

describe("gates are skipped in an emergency", () => {
  const emergency = { gates: ["soak", "people/operators"], reason: "INC-42" };
  const body = { stage: "prod", release: "calm-fox", emergency };
  beforeEach(() => at.through("staging", FOX.release));

  it("by admins and the stage's emergency groups, and leave a record that somebody closes", async () => {
    const ida = await at.as("ida");
    const asked = await ida("POST", PROMOTIONS, body);
    expect(asked.status).toBe(200);
    const { record } = asked.body as { record: string };
    expect((await at.call("GET", "/emergencies?open=true")).body).toMatchObject({
      items: [{ record, pipeline: "shop", stage: "prod", gates: emergency.gates, by: { name: "ida" } }],
    });
    const closed = await at.call("POST", `/emergencies/${record.slice(0, 14)}/close`, { note: "found and mended" });
    expect(closed.body).toMatchObject({ record, closed: { note: "found and mended", by: { name: "admin" } } });
    expect((await at.call("GET", "/emergencies?open=true")).body).toEqual({ items: [] });
    expect((await at.call("GET", "/emergencies")).body).toMatchObject({ items: [{ record }] });
    expect((await at.call("POST", `/emergencies/${record}/close`, { note: "again" })).status).toBe(404);
  });

  it("by nobody else", async () => {
    const otto = await at.as("otto");
    const refused = await otto("POST", PROMOTIONS, body);
    expect(refused.status).toBe(403);
    expect(refused.text).toContain("lets only the groups incident-commanders");
    const none = await otto("POST", PROMOTIONS, { stage: "staging", emergency: { ...emergency, gates: ["soak"] } });
    expect(none.text).toContain("names no emergencyGroups");
    expect(types()).not.toContain("EmergencyDeclared");
    expect((await otto("POST", PROMOTIONS, { stage: "staging" })).status).toBe(200);
  });

  it("by the gate that names a policy, for all gates of it", async () => {
    const named = { ...body, emergency: { ...emergency, gates: ["people"] } };
    expect((await promote(named)).status).toBe(200);
  });

  it("by their names only, those of policies behind the gate's", async () => {
    const unknown = { ...body, emergency: { ...emergency, gates: ["soak", "operators", "none"] } };
    const { status, text } = await promote(unknown);
    expect(status).toBe(422);
    expect(text).toContain("has no gate operators, none");
    expect(text).toContain("people/operators");
    const line = await promote({ ...body, emergency: { ...emergency, gates: ["stopTheLine"] } });
    expect([line.status, line.text]).toEqual([422, expect.stringContaining("sluice resume-the-line")]);
  });
});

describe("a stage goes back", () => {
  it("to what was verified before, and the release that it leaves is excluded", async () => {
    await at.through("staging", FOX.release);
    const undone = await at.through("staging", OTTER.release);
    const { status, body } = await stage("rollback", {}, "staging");
    expect(status).toBe(200);
    expect(body).toMatchObject({ ...FOX, held: true, changed: true });
    expect(
      at.events.find(({ event }) => event.type === "PromotionRequested" && event.data.undoes === undone),
    ).toBeDefined();
    expect(at.events.find(({ event }) => event.type === "ReleaseExcluded")?.event.data).toMatchObject({
      release: OTTER.release,
      reason: "RolledBack",
    });
  });

  it("once with one key, also when it is over by then", async () => {
    await at.through("staging", FOX.release);
    await at.through("staging", OTTER.release);
    const again = () => at.call("POST", "/pipelines/shop/stages/staging/rollback", {}, { "idempotency-key": "retry" });
    const { promotion } = (await again()).body as { promotion: string };
    await at.execute(
      { type: "StartNext", stage: "staging", at: NOW },
      { type: "AbortPromotion", promotion, by: { kind: "user", name: "ada" }, at: NOW },
    );
    expect((await again()).body).toMatchObject({ promotion, changed: false });
  });

  it("past an approval that the policy asks for, in an emergency", async () => {
    await at.through("staging", FOX.release);
    await at.through("staging", OTTER.release);
    const emergency = { gates: ["upstream"], reason: "INC-42" };
    const { body } = await stage("rollback", { emergency }, "staging");
    expect(body).toMatchObject({ ...FOX, record: expect.stringMatching(/^emergency-/) });
    expect((await (await at.as("otto"))("POST", "/pipelines/shop/stages/staging/rollback", { emergency })).status).toBe(
      403,
    );
  });

  it("without being held, where that is asked for", async () => {
    await at.through("staging", FOX.release);
    await at.through("staging", OTTER.release);
    expect((await stage("rollback", { hold: false }, "staging")).body).toMatchObject({ held: false });
  });

  it("to what it ran last, after a promotion that failed half way", async () => {
    await at.through("staging", FOX.release);
    const { promotion } = (await promote({ stage: "staging" })).body as { promotion: string };
    const target = { application: "shop-staging", wave: 0, operation: "op", revision: "r", sourceDigest: "s" };
    await at.execute(
      { type: "StartNext", stage: "staging", at: NOW },
      { type: "RecordDifference", promotion, digest: "d".repeat(64), blob: "difference", counts: NO_COUNTS },
      { type: "BeginMove", promotion, mode: "pin", at: NOW },
      { type: "StartWave", promotion, wave: 0, targets: [target], at: NOW },
      { type: "Fail", promotion, code: "SyncFailed", message: "bad", left: [], at: NOW },
    );
    expect((await stage("rollback", {}, "staging")).body).toMatchObject(FOX);
    const excluded = at.events.flatMap(({ event }) => (event.type === "ReleaseExcluded" ? [event.data.release] : []));
    expect(excluded).toEqual([OTTER.release]);
  });

  it("and does not exclude what only waits to come in", async () => {
    await at.through("staging", FOX.release);
    await at.through("prod", FOX.release);
    await at.through("staging", OTTER.release);
    await at.through("prod", OTTER.release);
    const asked = await promote({ stage: "prod", release: "calm-fox" });
    expect(asked.status).toBe(200);
    await at.execute({ type: "StartNext", stage: "prod", at: "2026-03-02T12:00:00Z" });
    expect((await stage("rollback")).body).toMatchObject(FOX);
    const excluded = at.events.flatMap(({ event }) => (event.type === "ReleaseExcluded" ? [event.data.release] : []));
    expect(excluded).toEqual([OTTER.release]);
  });

  it("not where nothing else was verified", async () => {
    const { status, text } = await stage("rollback");
    expect(status).toBe(409);
    expect(text).toContain("No other release was verified");
  });
});

describe("what may come into a stage", () => {
  it("is said once: the same again is no news", async () => {
    await at.through("staging", FOX.release);
    await at.through("prod", FOX.release);
    const steps: [verb: string, body: object][] = [
      ["hold", { reason: "audit" }],
      ["release", {}],
      ["pause", { reason: "migration" }],
      ["resume", {}],
      ["exclude", { release: "brave-otter" }],
      ["readmit", { release: "brave-otter" }],
    ];
    for (const [verb, body] of steps) {
      expect((await stage(verb, body)).body, verb).toMatchObject({ pipeline: "shop", stages: ["prod"], changed: true });
      expect((await stage(verb, body)).body, `${verb} again`).toMatchObject({ stages: [], changed: false });
    }
  });

  it("is asked of stages and releases that are there, with a reason where one is needed", async () => {
    expect((await stage("pause", { reason: "x" }, "none")).status).toBe(404);
    expect((await stage("exclude", { release: "loud-owl" })).status).toBe(404);
    expect((await stage("pause")).status).toBe(422);
    expect((await stage("hold")).status).toBe(409);
  });

  it("is said of all stages of a pipeline at once", async () => {
    await stage("pause", { reason: "migration" });
    const paused = await at.call("POST", "/pipelines/shop/pause", { reason: "freeze" });
    expect(paused.body).toMatchObject({ stages: ["staging"], changed: true });
    const resumed = await at.call("POST", "/pipelines/shop/resume", {});
    expect(resumed.body).toMatchObject({ stages: ["staging", "prod"], changed: true });
    expect((await at.call("POST", "/pipelines/shop/resume", {})).body).toMatchObject({ stages: [], changed: false });
  });
});

describe("the line", () => {
  it("is stopped with a reason, once, and goes on", async () => {
    expect((await at.call("GET", "/line")).body).toEqual({ stopped: false });
    expect((await at.call("POST", "/line/stop", {})).status).toBe(422);
    const stopped = await at.call("POST", "/line/stop", { reason: "INC-42" });
    expect(stopped.body).toMatchObject({ stopped: true, reason: "INC-42", by: { name: "admin" } });
    await at.call("POST", "/line/stop", { reason: "other" });
    expect((await at.call("GET", "/line")).body).toMatchObject({ stopped: true, reason: "INC-42" });
    expect((await at.call("POST", "/line/resume", {})).body).toMatchObject({ stopped: false });
    expect(at.events.filter(({ event }) => event.type.startsWith("Line"))).toHaveLength(2);
  });
});

it("a viewer reads and steers nothing", async () => {
  const vera = await at.as("vera");
  for (const path of ["/promotions", "/line", "/emergencies", "/pipelines/shop/stages/prod/why"])
    expect((await vera("GET", path)).status, path).toBe(200);
  expect((await vera("POST", PROMOTIONS, { stage: "staging" })).status).toBe(403);
  expect((await vera("POST", "/line/stop", { reason: "x" })).status).toBe(403);
  const otto = await at.as("otto");
  expect((await otto("POST", "/line/stop", { reason: "x" })).status).toBe(403);
});
