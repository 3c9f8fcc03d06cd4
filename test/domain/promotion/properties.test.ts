import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pipelineDecider } from "../../../domain/promotion/decider.ts";
import type { PipelineState, PromotionState } from "../../../domain/promotion/state.ts";
import { SluiceError } from "../../../schemas/errors.ts";
import { anyHappening, type Done, play } from "./any.ts";
import type { World } from "./world.ts";

const happenings = fc.array(anyHappening, { maxLength: 150, minLength: 20 });

/** Holds whatever happens, checked after each command. */
const always = (check: (done: Done, on: World) => void): void =>
  fc.assert(
    fc.property(happenings, (all) => void play(all, check)),
    { numRuns: 100 },
  );

const AT_WORK = new Set(["Waiting", "Moving", "Syncing", "Verifying"]);

/** Commands of people, which may be refused. */
const OPERATORS = new Set([
  ...["RequestPromotion", "GiveApproval", "RejectApproval", "PausePromotion", "ResumePromotion", "AbortPromotion"],
  ...["JudgeVerification", "HoldStage", "ReleaseStage", "PauseStage", "ResumeStage", "ExcludeRelease"],
  ...["ReadmitRelease", "CloseEmergency", "Configure", "Remove"],
]);

describe("whatever happens to a pipeline", () => {
  test("everything that can happen does, so that the rest means something", () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(happenings, (all) => void play(all, ({ events }) => events.forEach(({ type }) => seen.add(type)))),
      { numRuns: 500, seed: 5 },
    );
    const missing = [
      ...["PromotionRequested", "PromotionSuperseded", "PromotionStarted", "DifferenceRendered", "GateEvaluated"],
      ...["ApprovalRequested", "ApprovalGiven", "ApprovalRejected", "ApprovalsVoided", "PromotionPaused"],
      ...["PromotionResumed", "PromotionMoved", "ReleaseCommitted", "PullRequestOpened", "PullRequestMerged"],
      ...["PullRequestClosed", "WaveStarted", "ApplicationPromoted", "ApplicationPromotionFailed", "WaveCompleted"],
      ...["VerificationStarted", "VerificationCompleted", "VerificationJudged", "PromotionSucceeded"],
      ...["PromotionFailed", "PromotionAborted", "ReleaseVerified", "ReleaseUnverified", "ReleaseExcluded"],
      ...["ReleaseReadmitted", "StageHeld", "StageReleased", "StagePaused", "StageResumed", "EmergencyDeclared"],
      ...["EmergencyClosed"],
    ].filter((type) => !seen.has(type));
    expect(missing).toEqual([]);
  });

  test("a stage works on one promotion at a time, and its queue holds what waits for its turn", () => {
    always((_, { state }) => {
      for (const [stage, { running, queue }] of Object.entries(state.stages)) {
        const own = Object.values(state.promotions).filter((each) => each.stage === stage);
        const atWork = own.filter(({ phase }) => AT_WORK.has(phase)).map(({ promotion }) => promotion);
        expect(atWork).toEqual(running === undefined ? [] : [running]);
        expect(queue.toSorted()).toEqual(
          own.flatMap(({ phase, promotion }) => (phase === "Queued" ? [promotion] : [])).toSorted(),
        );
      }
    });
  });

  test("no release moves into a stage whose stages before did not verify it, but by an emergency that says so or a rollback", () => {
    always(({ before, events }) => {
      for (const event of events) {
        if (event.type !== "PromotionMoved") continue;
        const { release, stage, promotion } = event.data;
        const { trigger, skipped } = before.promotions[promotion]!;
        if (trigger.type === "rollback" || skipped?.gates.includes("upstream")) continue;
        const verified = (name: string) => before.stages[name]?.verified.some((each) => each.release === release);
        expect(stage === "a" || verified("a") || (stage === "c" && verified("b")), `${release} into ${stage}`).toBe(
          true,
        );
      }
    });
  });

  test("nothing moves while its gates are not passed, it is paused, or its stage is", () => {
    always(({ before, events }) => {
      for (const event of events) {
        if (event.type !== "PromotionMoved") continue;
        const { paused, verdicts, phase } = before.promotions[event.data.promotion]!;
        expect({ paused, phase }).toEqual({ paused: undefined, phase: "Waiting" });
        expect(before.stages[event.data.stage]?.paused).toBeUndefined();
        expect(Object.values(verdicts).every(({ state }) => state === "pass")).toBe(true);
      }
    });
  });

  test("approvals count once each, and only those of exactly this release and difference", () => {
    always((_, { state }) => {
      for (const { approvals, release, difference } of Object.values(state.promotions)) {
        const people = approvals.map(({ gate, by }) => `${gate}/${by.name}`);
        expect(new Set(people).size).toBe(people.length);
        for (const { binding } of approvals) expect(binding).toEqual({ release, diff: difference?.digest });
      }
    });
  });

  test("the policy asks for no release that is excluded, and for none in a stage that is held or paused", () => {
    always(({ before, events }) => {
      for (const event of events) {
        if (event.type !== "PromotionRequested" || event.data.trigger.type !== "automatic") continue;
        const { excluded = [], held, paused } = before.stages[event.data.stage] ?? {};
        expect(excluded.map(({ release }) => release)).not.toContain(event.data.release);
        expect({ held, paused }).toEqual({ held: undefined, paused: undefined });
      }
    });
  });

  test("a command given twice says nothing new the second time", () => {
    always(({ command, refused }, { state }) => {
      if (refused) return;
      expect(again(command, state)).toEqual([]);
    });
  });

  test("promotions that have ended change no more, but for the pull request that they left open", () => {
    always(({ before }, { state }) => {
      for (const [id, promotion] of Object.entries(before.promotions)) {
        const after = state.promotions[id];
        if (promotion.phase === "Ended" && after)
          expect(withoutPullRequest(after)).toEqual(withoutPullRequest(promotion));
      }
    });
  });

  test("what a workflow's step records is never refused, and what is due is always news", () => {
    always(({ command, refused, events, due }) => {
      if (!OPERATORS.has(command.type)) expect(refused).toBeUndefined();
      if (due) expect(events, command.type).not.toEqual([]);
    });
  });

  test("left alone, with all going well, every stage comes to rest", () => {
    fc.assert(
      fc.property(happenings, (all) => {
        const steps = Array.from({ length: 60 }, () => ["a", "b", "c"] as const).flat();
        const calm = steps.map((stage) => ({ what: "step" as const, stage, n: 1, m: 11, calm: true }));
        const news = (rest: typeof calm): number => {
          let count = 0;
          play([...all, ...rest], ({ events }) => void (count += events.length));
          return count;
        };
        expect(news([...calm, ...calm.slice(0, 30)])).toBe(news(calm));
      }),
      { numRuns: 20 },
    );
  });

  test("what is remembered stays small", () => {
    always((_, { state }) => {
      const over = Object.values(state.promotions).filter(
        ({ phase, pullRequest }) => phase === "Ended" && pullRequest?.state !== "Open",
      );
      expect(over.length).toBeLessThanOrEqual(3 * 20);
    });
  });
});

function again(command: Done["command"], state: PipelineState): unknown[] {
  try {
    return pipelineDecider.decide(command, state);
  } catch (error) {
    expect(error).toBeInstanceOf(SluiceError);
    return [];
  }
}

const withoutPullRequest = (promotion: PromotionState): object => ({ ...promotion, pullRequest: undefined });
