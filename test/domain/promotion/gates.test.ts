import { describe, expect, test } from "vitest";
import type { PipelineCommand } from "../../../domain/promotion/command.ts";
import type { GateVerdict } from "../../../schemas/promotion.ts";
import { ada, ask, bob, bring, COUNTS, minute, pipelineOf, TWO, types, verdict, type World, world } from "./world.ts";

const P = "staging-r1";
const BINDING = { release: "r1", diff: "d1" };
const waits = verdict("people", { type: "approval", state: "wait", evidence: { required: 2 } });

const say = (...verdicts: GateVerdict[]): PipelineCommand => ({
  ...{ type: "RecordVerdicts", promotion: P, verdicts, at: minute(1) },
});
const rendered = (digest: string): PipelineCommand => ({
  ...{ type: "RecordDifference", promotion: P, digest, blob: digest, counts: COUNTS },
});
const yes = (more: Partial<Extract<PipelineCommand, { type: "GiveApproval" }>> = {}): PipelineCommand => ({
  ...{ type: "GiveApproval", promotion: P, gate: "people", binding: BINDING, by: ada, groups: ["sre"] },
  ...{ via: "cli", at: minute(2), ...more },
});
const no: PipelineCommand = {
  ...{ type: "RejectApproval", promotion: P, gate: "people", binding: BINDING, by: bob },
  ...{ reason: "not today", via: "link", at: minute(2) },
};

/** A promotion whose approval gate asks. */
function asking(): World {
  const shop = world();
  ask(shop, "staging", "r1");
  bring(shop, "staging", "rendered");
  shop.do(say(waits));
  return shop;
}

describe("the rendered difference", () => {
  test("is recorded when it is another one, and not once the promotion moves", () => {
    const shop = asking();
    expect(shop.do(rendered("d1"))).toEqual([]);
    expect(types(shop.do(rendered("d2")))).toEqual(["DifferenceRendered"]);
    shop.do(say());
    shop.do({ type: "BeginMove", promotion: P, mode: "pin", at: minute(2) });
    expect(shop.do(rendered("d3"))).toEqual([]);
  });

  test("voids approvals of another one, and their gate asks again", () => {
    const shop = asking();
    shop.do(yes());
    expect(shop.do(rendered("d2"))).toMatchObject([
      { type: "ApprovalsVoided", data: { gate: "people", by: ["ada"], reason: "DifferenceChanged" } },
      { type: "DifferenceRendered" },
    ]);
    expect(shop.promotion(P)).toMatchObject({ approvals: [], asked: {}, verdicts: {} });
    expect(shop.do(say(waits))).toMatchObject([
      { type: "GateEvaluated" },
      { type: "ApprovalRequested", data: { binding: { release: "r1", diff: "d2" }, required: 2 } },
    ]);
  });
});

describe("what gates say", () => {
  test("is recorded when it is news; evidence alone is none", () => {
    const shop = world();
    ask(shop, "staging", "r1");
    bring(shop, "staging", "rendered");
    const soaking = verdict("soak", { state: "wait", until: minute(60), evidence: { left: 60 } });
    expect(types(shop.do(say(soaking)))).toEqual(["GateEvaluated"]);
    expect(shop.do(say({ ...soaking, evidence: { left: 59 } }))).toEqual([]);
    expect(types(shop.do(say({ ...soaking, until: minute(90) })))).toEqual(["GateEvaluated"]);
  });

  test("a gate that is not in the policy any more holds nothing, and its approvals are void", () => {
    const shop = asking();
    shop.do(yes());
    expect(types(shop.do(say(verdict("window"))))).toEqual(["ApprovalsVoided", "GateEvaluated"]);
    expect(shop.promotion(P).approvals).toEqual([]);
    const left = asking();
    expect(left.do(say())).toMatchObject([{ data: { verdict: { gate: "people", state: "pass", reason: "Removed" } } }]);
  });

  test("approvals are asked for once, and not where nobody has to say yes", () => {
    const shop = asking();
    expect(shop.do(say(waits))).toEqual([]);
    expect(shop.promotion(P).asked).toEqual({ people: BINDING });
    const skipped = world();
    ask(skipped, "staging", "r1");
    bring(skipped, "staging", "rendered");
    skipped.do(say({ ...waits, state: "pass", reason: "EmergencySkipped" }));
    expect(skipped.promotion(P).asked).toEqual({});
  });

  test("approvals whose time is over are void, and asked for again", () => {
    const shop = asking();
    shop.do(yes({ expiresAt: minute(30) }));
    expect(shop.do({ ...say(waits), at: minute(29) } as PipelineCommand)).toEqual([]);
    expect(types(shop.do({ ...say(waits), at: minute(30) } as PipelineCommand))).toEqual([
      ...["ApprovalsVoided", "GateEvaluated", "ApprovalRequested"],
    ]);
  });
});

describe("a person's yes", () => {
  test("counts once, however often it is said", () => {
    const shop = asking();
    expect(types(shop.do(yes()))).toEqual(["ApprovalGiven"]);
    expect(shop.do(yes({ via: "link" }))).toEqual([]);
    expect(types(shop.do(yes({ by: bob })))).toEqual(["ApprovalGiven"]);
    expect(shop.promotion(P).approvals).toHaveLength(2);
  });

  test("said again after its time is over counts anew", () => {
    const shop = asking();
    shop.do(yes({ expiresAt: minute(3) }));
    shop.do(yes({ at: minute(4) }));
    expect(shop.promotion(P).approvals).toMatchObject([{ by: ada, at: minute(4) }]);
  });

  test.each([
    ["of another difference", { binding: { release: "r1", diff: "d0" } }, "is not any more what was looked at"],
    ["of another release", { binding: { release: "r2", diff: "d1" } }, "is not any more what was looked at"],
    ["at another gate", { gate: "other" }, "asks for no approval"],
  ])("%s is refused", (_, more, message) => {
    expect(() => asking().do(yes(more))).toThrow(message);
    expect(() => asking().do(yes(more))).toThrow(expect.objectContaining({ code: "Conflict" }));
  });

  test("comes too early for one that waits for its turn, and too late for one that moves or ended", () => {
    const early = world();
    ask(early, "staging", "r1");
    expect(() => early.do(yes())).toThrow("waits for its turn");
    const late = asking();
    late.do(say());
    late.do({ type: "BeginMove", promotion: P, mode: "pin", at: minute(2) });
    expect(() => late.do(yes())).toThrow("has passed its gates");
    late.do({ type: "AbortPromotion", promotion: P, by: bob, at: minute(3) });
    expect(() => late.do(yes())).toThrow("has ended: Aborted");
    expect(() => late.do(yes({ promotion: "none" }))).toThrow(expect.objectContaining({ code: "NotFound" }));
  });

  test("said twice is nothing new even when the promotion has moved since", () => {
    const shop = asking();
    shop.do(yes());
    shop.do(say({ ...waits, state: "pass" }));
    shop.do({ type: "BeginMove", promotion: P, mode: "pin", at: minute(3) });
    expect(shop.do(yes())).toEqual([]);
  });
});

describe("a person's no", () => {
  test("ends the promotion, with its reason, and the policy does not ask for the release again", () => {
    const shop = asking();
    shop.do(yes());
    expect(shop.do(no)).toMatchObject([
      { type: "ApprovalRejected", data: { reason: "not today", via: "link" } },
      { type: "PromotionFailed", data: { code: "ApprovalRejected", message: "bob said no at gate people: not today" } },
      { type: "ReleaseExcluded", data: { reason: "ByHand", by: bob } },
    ]);
    expect(shop.do(no)).toEqual([]);
    expect(() => shop.do({ ...no, by: ada } as PipelineCommand)).toThrow(expect.objectContaining({ code: "Conflict" }));
  });

  test("against a yes at the same time: the first that is recorded holds", () => {
    const shop = asking();
    shop.do(no);
    expect(() => shop.do(yes())).toThrow("has ended: Failed");
  });
});

describe("the first move", () => {
  const move: PipelineCommand = { type: "BeginMove", promotion: P, mode: "pin", at: minute(3) };

  test.each([
    ["no difference is known", (shop: World) => bring(shop, "staging", "started")],
    ["a gate waits", (shop: World) => bring(shop, "staging", "rendered") && shop.do(say(waits))],
    ["a gate was not looked at", (shop: World) => bring(shop, "staging", "rendered")],
    [
      "it is paused",
      (shop: World) => {
        bring(shop, "staging", "passed");
        shop.do({ type: "PausePromotion", promotion: P, by: bob, at: minute(1) });
      },
    ],
    [
      "its stage is paused",
      (shop: World) => {
        bring(shop, "staging", "passed");
        shop.do({ type: "PauseStage", stage: "staging", by: bob, reason: "x" });
      },
    ],
  ])("is not made while %s", (_, given) => {
    const shop = world();
    ask(shop, "staging", "r1");
    given(shop);
    expect(shop.do({ ...move, gates: ["window"] } as PipelineCommand)).toEqual([]);
  });

  test("is not made into a stage whose stages before did not verify the release, whatever its gates say", () => {
    const shop = world(TWO);
    ask(shop, "prod", "r1");
    bring(shop, "prod", "moved");
    expect(shop.promotion("prod-r1").phase).toBe("Waiting");
  });

  test("afterAny: one stage before is enough", () => {
    const shop = world(
      pipelineOf({ name: "eu" }, { name: "us", after: [] }, { name: "prod", after: ["eu", "us"], afterAny: true }),
    );
    ask(shop, "us", "r1");
    bring(shop, "us", "ended");
    ask(shop, "prod", "r1");
    bring(shop, "prod", "moved");
    expect(shop.promotion("prod-r1").phase).toBe("Moving");
  });

  test("an emergency may skip the stages before, and nothing else does", () => {
    for (const [gates, phase] of [
      [["upstream"], "Moving"],
      [["approval"], "Waiting"],
    ] as const) {
      const shop = world();
      const emergency = { record: "e1", gates: [...gates], reason: "outage" };
      ask(shop, "prod", "r1", { more: { emergency } });
      bring(shop, "prod", "moved");
      expect(shop.promotion("prod-r1").phase).toBe(phase);
    }
  });
});
