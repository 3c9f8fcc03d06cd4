import { describe, expect, it } from "vitest";
import { gatesNow } from "../../../domain/why/gates-now.ts";
import { mixedText } from "../../../domain/why/mixed.ts";
import { whyPromotion, type PromotionWhyInput } from "../../../domain/why/promotion.ts";
import { whyStage } from "../../../domain/why/stage.ts";
import { PipelineSpec } from "../../../schemas/kinds/pipeline.ts";
import type { PromotionView, StageView } from "../../../schemas/promotion-views.ts";

const at = "2026-03-02T12:00:00.000Z";
const later = "2026-03-02T13:00:00.000Z";
const ada = { kind: "user", name: "ada" } as const;
const bob = { kind: "user", name: "bob" } as const;
const [A, B] = ["a".repeat(40), "b".repeat(40)] as const;
const spec = PipelineSpec.parse({
  releaseSource: "shop",
  stages: [{ name: "prod", applications: { names: ["shop-*"] } }],
});
const view = (more: Partial<PromotionView>): PromotionView => ({
  ...{ promotion: "prod-a", pipeline: "shop", stage: "prod", release: A, phase: "Waiting" },
  trigger: { type: "automatic", actor: ada, cause: "test" },
  ...{ requestedAt: at, gates: [], approvals: [], targets: [], waves: [], verifications: [] },
  ...{ firstSequence: 2, lastSequence: 3 },
  ...more,
});
const input = (prod: Partial<StageView>, promotions: PromotionView[] = []): PromotionWhyInput => ({
  pipeline: {
    ...{ name: "shop", labels: {}, annotations: {}, createdAt: at, updatedAt: at, sequence: 1, emergencies: [], spec },
    stages: [{ name: "prod", verified: [], applications: {}, queue: [], excluded: [], ...prod }],
  },
  ...{ stage: "prod", promotions, line: { stopped: false }, now: later, releases: 3 },
  aliasOf: (release) => `alias-of-${release[0]}`,
});
const gate = (more: Partial<PromotionView["gates"][number]>): PromotionView["gates"][number] => ({
  ...{ gate: "soak", type: "soak", state: "wait", reason: "Soaking", message: "10m of 1h", evidence: {}, at },
  ...more,
});

describe("a hold of the stage", () => {
  const held = { release: B, by: ada, reason: "sale", at };
  const passed = gate({ state: "pass" });

  it("is what an automatic promotion waits for when its gates have passed", () => {
    const difference = { digest: "d", blob: "b", counts: {} as never, at };
    const promotion = view({ gates: [passed], difference });
    expect(whyPromotion(input({ held }), promotion)).toMatchObject({
      standing: "Held",
      causes: [{ reason: "StageHeld", next: "sluice stage release shop prod" }, {}],
    });
    expect(whyStage(input({ held, running: "prod-a" }, [promotion])).causes[0]?.message).toBe(
      "ada holds stage prod at alias-of-b: sale; nothing automatic changes it",
    );
  });

  it("holds no promotion that a person asked for, nor one that has begun to move", () => {
    const trigger = { type: "manual", actor: ada, cause: "test" } as const;
    for (const more of [{ trigger }, { phase: "Syncing" as const }])
      expect(whyPromotion(input({ held }), view(more)).causes.map(({ reason }) => reason)).not.toContain("StageHeld");
  });
});

describe("a stage that is not whole", () => {
  const current = { release: B, promotion: "prod-b", at };
  const on = (release: string, when: string) => ({ release, promotion: "p", at: when });

  it("says which applications a failed promotion has brought elsewhere, and the way back", () => {
    const applications = { "shop-eu": on(A, later), "shop-us": on(B, at), gone: on("c".repeat(40), "2026-01-01") };
    const { causes } = whyStage(input({ current, applications, verified: [current] }));
    expect(causes[0]).toMatchObject({
      ...{ reason: "StageMixed", next: "sluice stage rollback shop prod bbbbbbbbbbbb" },
      message: "it is mixed: shop-eu at alias-of-a; the others at alias-of-b",
    });
    expect(mixedText({ current, applications: { "shop-us": on(B, later) } }, String)).toBeUndefined();
  });

  it("was left so by an abort, which is no failure", () => {
    const last = { promotion: "prod-a", release: A, result: "Aborted" as const, at: later };
    const applications = { "shop-eu": on(A, later) };
    expect(whyStage(input({ current, applications, last }))).toMatchObject({
      ...{ standing: "Aborted", causes: [{ reason: "Aborted" }, { reason: "StageMixed" }, {}] },
    });
  });

  it("does so before any release came as a whole", () => {
    const applications = { "shop-eu": on(A, at) };
    const { standing, causes } = whyStage(input({ applications }));
    expect({ standing, ...causes[0] }).toMatchObject({ standing: "Failed", next: "sluice promote shop prod" });
  });

  it("names an application that a wave let pass, of the promotion and of the stage", () => {
    const waves = [{ wave: 0, startedAt: at, completedAt: at, unhealthy: ["shop-us"] }];
    const promotion = view({ phase: "Ended", result: "Succeeded", waves });
    const cause = { reason: "ToleratedUnhealthy", application: "shop-us", next: "sluice why shop-us" };
    expect(whyPromotion(input({}), promotion)).toMatchObject({ standing: "Done", causes: [cause] });
    const stage = input({ current: { ...current, promotion: "prod-a" } }, [promotion]);
    expect(whyStage(stage)).toMatchObject({ standing: "Done", causes: [cause, { reason: "OnlyByHand" }] });
    expect(whyPromotion(input({}), { ...promotion, phase: "Verifying" }).causes).toContainEqual(
      expect.objectContaining(cause),
    );
  });
});

describe("verdicts that time has overtaken", () => {
  const binding = { release: A, diff: "d" };
  const approval = (by: typeof ada | typeof bob, more = {}) => ({
    ...{ gate: "people", binding, by, groups: [], via: "cli", at: "2026-03-02T12:30:00.000Z" },
    ...more,
  });
  const missing = gate({
    ...{ gate: "people", type: "approval", reason: "ApprovalsMissing", evidence: { required: 2 } },
    message: "2 of 2 approvals are missing",
  });
  const difference = { digest: "d", blob: "b", counts: {} as never, at };
  const now = (more: Partial<PromotionView>, stopped = false) =>
    gatesNow(view({ difference, gates: [missing], ...more }), { line: { stopped }, now: later });

  it("count the approvals that were given since, of different people, for this difference", () => {
    expect(now({ approvals: [approval(ada), approval(bob)] })).toMatchObject([
      { state: "pass", message: "approved by ada and bob" },
    ]);
    expect(now({ approvals: [approval(ada), approval(ada)] })).toMatchObject([
      { state: "wait", message: "1 of 2 approvals are missing; approved by ada" },
    ]);
    const none = [{ voided: "left" }, { expiresAt: at }, { binding: { release: A, diff: "other" } }, { gate: "x" }];
    for (const more of none) expect(now({ approvals: [approval(ada, more)] })).toEqual([missing]);
    expect(now({ approvals: [approval(ada), approval(bob)], phase: "Ended" })).toEqual([missing]);
  });

  it("tell no time that is over", () => {
    expect(now({ gates: [gate({ until: at })] })[0]).not.toHaveProperty("until");
    expect(now({ gates: [gate({ until: "2026-03-02T14:00:00Z" })] })[0]).toHaveProperty("until");
  });

  it("do not say that the line runs while it is stopped, but to a rollback", () => {
    const gates = [gate({ type: "stopTheLine", state: "pass" })];
    expect(now({ gates }, true)).toEqual([]);
    expect(now({ gates, trigger: { type: "rollback", actor: ada, cause: "t" } }, true)).toHaveLength(1);
    expect(now({ gates })).toHaveLength(1);
  });
});
