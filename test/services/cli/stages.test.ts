import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EVENTS } from "../../../schemas/events/index.ts";
import { promotionEventText } from "../../../services/cli/promotion-event-text.ts";
import { fillShop, FOX, NO_COUNTS, NOW, OTTER } from "../api/shop.ts";
import { cliWithServer } from "./cli.ts";

type At = Awaited<ReturnType<typeof cliWithServer>> & Awaited<ReturnType<typeof fillShop>>;
let at: At;
beforeEach(async () => {
  const server = await cliWithServer();
  at = { ...server, ...(await fillShop(server)) };
});
afterEach(() => at.close());

describe("sluice pipeline", () => {
  it("lists pipelines, and shows the stages of one with their releases by alias", async () => {
    expect((await at.sluice("pipeline list")).out).toMatch(
      /^NAME +SOURCE +STAGES +RUNNING +STATE +AGE\nshop +shop +staging, prod +-/,
    );
    const empty = await at.sluice("pipeline get shop");
    expect(empty.out).toMatch(/^STAGE +RELEASE +VERIFIED +PROMOTION +PHASE +QUEUED +STATE +LAST\nstaging +- /);
    await at.through("staging", FOX.release);
    await at.sluice("stage hold shop staging");
    await at.sluice("promote shop prod --async");
    await at.execute({ type: "StartNext", stage: "prod", at: NOW });
    const { out, err } = await at.sluice("pipeline get shop");
    expect(out).toMatch(/staging +calm-fox +\S+ +- +- +- +Held +Succeeded\n/);
    expect(out).toMatch(/prod +- +- +prod-1111111-\w+ +Waiting/);
    expect(err).toMatch(/What prod waits for: sluice why prod-1111111/);
    expect((await at.sluice("pipeline get none")).code).toBe(4);
    expect(JSON.parse((await at.sluice("pipeline get pipeline/shop -o json")).out)).toMatchObject({ kind: "Pipeline" });
  });

  it("is paused and resumed with all its stages", async () => {
    expect((await at.sluice("pipeline pause shop")).code).toBe(2);
    const paused = await at.sluice("pipeline pause shop --reason freeze");
    expect(paused.out).toContain("pipeline/shop is paused: nothing begins to move there: staging, prod");
    expect((await at.sluice("pipeline list")).out).toContain("staging Paused, prod Paused");
    expect((await at.sluice("pipeline resume shop")).out).toContain("is resumed");
  });
});

it("why of a pipeline's name leads to its stages", async () => {
  const { code, err } = await at.sluice("why shop");
  expect(code).toBe(2);
  expect(err).toContain("shop is a Pipeline");
  expect(err).toContain("sluice why shop/staging, sluice why shop/prod");
  expect((await at.sluice("why nothing-at-all")).code).toBe(4);
});

it("a stage that an aborted promotion left half on another release is not shown as whole", async () => {
  const promotion = "staging-2222222-half";
  const trigger = { type: "manual", actor: { kind: "user", name: "ada" }, cause: "test" } as const;
  const target = { application: "shop-staging", wave: 0, operation: "op", revision: "r", sourceDigest: "s" };
  const late = "2026-03-02T13:00:00.000Z";
  await at.through("staging", FOX.release);
  await at.execute(
    { type: "RequestPromotion", promotion, stage: "staging", release: OTTER.release, trigger, at: NOW },
    { type: "StartNext", stage: "staging", at: NOW },
    { type: "RecordVerdicts", promotion, verdicts: [], at: NOW },
    { type: "RecordDifference", promotion, digest: "d".repeat(64), blob: "difference", counts: NO_COUNTS },
    { type: "BeginMove", promotion, mode: "pin", at: NOW },
    { type: "StartWave", promotion, wave: 0, targets: [{ ...target, after: 0 } as never], at: NOW },
    { type: "RecordPromoted", promotion, ...target, sequence: 2, at: late } as never,
  );
  await at.sluice(["promotion", "abort", promotion]);
  const { out, err } = await at.sluice("pipeline get shop");
  expect(out).toMatch(/staging +calm-fox.* Mixed/);
  expect(err).toContain("Stage staging: it is mixed: shop-staging at brave-otter; the others at calm-fox");
  expect((await at.sluice("why shop/staging")).out).toContain("its last promotion was aborted");
});

describe("sluice stage", () => {
  it.each([
    ["hold shop staging --reason audit", "is held"],
    ["pause shop staging --reason migration", "is paused"],
    ["exclude shop staging brave-otter", "does not take the release by itself"],
  ])("%s says what holds from now on, once", async (line, text) => {
    await at.through("staging", FOX.release);
    expect((await at.sluice(`stage ${line}`)).out).toContain(`stage/shop/staging ${text}`);
    expect(await at.sluice(`stage ${line}`)).toMatchObject({ code: 0, out: "", err: "It was so already.\n" });
  });

  it("rollback goes back, holds the stage, and says how it is released", async () => {
    await at.through("staging", FOX.release);
    await at.through("staging", OTTER.release);
    const { out, err } = await at.sluice("stage rollback shop staging --async");
    expect(out).toMatch(/of calm-fox into shop\/staging requested/);
    expect(err).toContain("staging stays at calm-fox until: sluice stage release shop staging");
    expect((await at.sluice("stage release shop staging")).out).toContain("is released");
    expect((await at.sluice("stage readmit shop staging brave-otter")).out).toContain("takes the release again");
  });
});

describe("the line", () => {
  it("is stopped with a reason, is told of where pipelines are shown, and goes on", async () => {
    expect((await at.sluice("stop-the-line")).code).toBe(2);
    expect((await at.sluice("stop-the-line --reason INC-42")).out).toContain("the line is stopped by admin");
    expect((await at.sluice("pipeline list")).err).toContain("The line is stopped by admin");
    expect((await at.sluice("resume-the-line")).out).toBe("the line runs: promotions go on\n");
    expect((await at.sluice("pipeline list")).err).toBe("");
  });
});

describe("sluice why", () => {
  it("of a promotion names its gates with evidence, who decides, and the next look", async () => {
    await at.through("staging", FOX.release);
    await at.sluice("promote shop prod --async");
    const [key] = [...at.table("promotions").keys()].filter((one) => one.startsWith("shop/prod"));
    const promotion = key!.slice("shop/".length);
    const soak = { type: "soak", state: "wait", reason: "Soaking", message: "soaked 10m of 1h" } as const;
    const operators = { type: "approval", state: "wait", reason: "Asked", message: "0 of 1" } as const;
    await at.execute(
      { type: "StartNext", stage: "prod", at: NOW },
      {
        ...{ type: "RecordVerdicts", promotion, at: NOW },
        verdicts: [
          { ...soak, gate: "soak", evidence: { verifiedAt: NOW }, until: "2999-01-01T00:00:00Z" },
          { ...operators, gate: "people/operators", evidence: {}, deciders: ["sre"] },
          { ...soak, gate: "upstream", type: "upstream", state: "pass", message: "verified in staging", evidence: {} },
        ],
      },
    );
    const { code, out } = await at.sluice(["why", promotion]);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^${promotion} of calm-fox into shop/prod waits at its gates\n`));
    expect(out).toContain("gate people/operators waits: 0 of 1");
    expect(out).toContain("who can change it: sre\n");
    expect(out).toContain(`next: sluice approve ${promotion}\n`);
    expect(out).toContain("looked at again by 2999-01-01T00:00:00Z");
    expect(out).toContain(`evidence: verifiedAt ${NOW}\n`);
    expect(out).toContain("gate upstream pass: verified in staging\n");
    expect((await at.sluice("why shop/prod")).out).toBe(out);
    expect((await at.sluice(["why", `promotion/${promotion.slice(0, 14)}`])).out).toBe(out);
  });

  it("of a stage says how a release gets there", async () => {
    const { out } = await at.sluice("why shop/staging");
    expect(out).toContain("shop/staging has not run a release yet\n");
    expect(out).toContain("next: sluice promote shop staging\n");
    expect((await at.sluice("why shop/none")).code).toBe(4);
    expect((await at.sluice("why a/b/c")).code).toBe(2);
  });

  it("of an application is what it was", async () => {
    expect((await at.sluice("why app/shop-prod")).out).toContain("shop-prod is as desired");
    expect((await at.sluice("why nothing")).err).toContain("There is no Application nothing");
  });
});

describe("sluice get", () => {
  it.each([
    ["pipelines", /NAME +SOURCE +STAGES/],
    ["releasesources", /NAME +STATUS +NEWEST +FOUND +RELEASES[^\n]*\nshop +ok +brave-otter +\S+ +2 +manifests/],
    ["gatepolicies", /production +operators/],
    ["accounts", /ida +operator +incident-commanders +0/],
  ])("%s shows what matters of each", async (kind, text) => {
    expect((await at.sluice(`get ${kind}`)).out).toMatch(text);
  });

  it.each([
    ["analysistemplates", "There are no analysis templates yet. Create one with: sluice apply -f FILE"],
    ["notifications", "There are no notifications yet. Create one with: sluice apply -f FILE"],
  ])("%s says how the first one is made", async (kind, text) => {
    expect((await at.sluice(`get ${kind}`)).err).toContain(text);
  });
});

it("events of promotions say where, which, and what", async () => {
  await at.sluice("promote shop staging calm-fox --async");
  await at.sluice("promote shop staging brave-otter --async");
  await at.sluice(["pipeline", "pause", "shop", "--reason", "freeze"]);
  await at.sluice("stop-the-line --reason INC-42");
  const { out } = await at.sluice("events --after 0");
  expect(out).toMatch(/PromotionRequested pipeline\/shop staging staging-1111111-\w+ 111111111111, manual by admin\n/);
  expect(out).toMatch(/PromotionSuperseded pipeline\/shop staging staging-1111111-\w+ by staging-2222222-\w+\n/);
  expect(out).toContain("StagePaused pipeline/shop prod by admin: freeze\n");
  expect(out).toContain("LineStopped system/sluice by admin: INC-42\n");
  expect(out).toContain("ReleaseCreated releasesource/shop brave-otter 222222222222 by poll\n");
});

it("every event of a promotion has a text, and none throws for a field that is not there", () => {
  for (const type of Object.keys({ ...EVENTS.pipeline, ...EVENTS.releasesource })) {
    const event = { sequence: 1, index: 0, aggregate: { type: "pipeline", name: "shop" }, type, data: {} };
    const more = { at: NOW, actor: { kind: "user" as const, name: "ada" }, cause: "c" };
    expect(typeof promotionEventText({ ...event, ...more }), type).toBe("string");
  }
});

it("events of one pipeline are shown alone", async () => {
  await at.sluice("promote shop staging --async");
  const { out } = await at.sluice("events --pipeline shop --type PromotionRequested,ApplicationCreated");
  expect(out).toMatch(/^ +\d+ \S+ PromotionRequested pipeline\/shop/);
  expect(out.trim().split("\n")).toHaveLength(1);
  expect((await at.sluice("events --pipeline none")).code).toBe(4);
  expect((await at.sluice("events --pipeline shop -a shop-prod")).code).toBe(2);
});
