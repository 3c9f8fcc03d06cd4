import { describe, expect, it } from "vitest";
import { type ApproveDeps, createDecideGate } from "../../../activities/promotion/approve.ts";
import type { Decision } from "../../../activities/promotion/steps.ts";
import { pipelineDecider } from "../../../domain/promotion/decider.ts";
import type { PipelineState } from "../../../domain/promotion/state.ts";
import { SluiceError } from "../../../schemas/errors.ts";
import type { PipelineEvent } from "../../../schemas/events/index.ts";
import { AccountSpec } from "../../../schemas/kinds/account.ts";
import { AT, asking, diffOf, GATE, PROMOTION, RELEASE } from "../../domain/approval/asking.ts";

const decision = (name: string, more: Partial<Decision> = {}): Decision => ({
  ...{ promotion: PROMOTION, gate: GATE, verdict: "approve", via: "api", groups: ["whatever-was-said"] },
  binding: { release: RELEASE, diff: diffOf("d") },
  by: { kind: "user", name },
  ...more,
});

/** The step over a pipeline in memory. */
function open(given: Partial<ApproveDeps> = {}) {
  let state: PipelineState = asking({ required: 2, groups: ["sre"] });
  const metas: { messageId: string; cause: string }[] = [];
  const recorded: PipelineEvent[] = [];
  const deps: ApproveDeps = {
    pipelines: {
      load: async () => state,
      execute: async (decider, _name, said, meta) => {
        const events = decider.decide(said, state);
        state = events.reduce(decider.evolve, state);
        if (events.length > 0) metas.push(meta);
        recorded.push(...events);
        return { sequence: 40 + recorded.length, events: events.length };
      },
    },
    account: async (name) =>
      name === "none" ? undefined : AccountSpec.parse({ groups: ["sre"], disabled: name === "gone" }),
    policy: async () => undefined,
    releases: async () => [{ release: RELEASE, alias: "a", at: AT, authors: ["Grace@example.com", "grace"] }],
    release: async () => ({ release: RELEASE, commits: [], by: { kind: "webhook", name: "pusher" } }),
    now: () => AT,
    ...given,
  };
  const decideGate = createDecideGate(deps);
  const say = (said: Decision) => decideGate({ pipeline: "shop", stage: "prod", decision: said });
  return { say, recorded, metas, set: (next: PipelineState) => (state = next) };
}

describe("recording a person's word", () => {
  it("takes groups from the account as it is, never from who asks", async () => {
    const { say, recorded } = open();
    expect(await say(decision("ada"))).toEqual({ status: "recorded", sequence: 41, news: true });
    expect(recorded).toMatchObject([{ type: "ApprovalGiven", data: { groups: ["sre"], at: AT } }]);
    expect(await say(decision("ada"))).toEqual({ status: "recorded", sequence: 41, news: false });
  });

  it.each([
    ["grace", "an author"],
    ["pusher", "who pushed it"],
    ["starter", "who started it"],
    ["gone", "a disabled account"],
    ["none", "an account that is not there"],
  ])("of %s, %s, is refused by an answer", async (name) => {
    const { say, recorded } = open();
    expect(await say(decision(name))).toMatchObject({
      status: "refused",
      code: "Forbidden",
      message: expect.stringContaining(name),
    });
    expect(recorded).toEqual([]);
  });

  it("is weighed with what another writer wrote just before", async () => {
    const meanwhile: { act?: () => void } = {};
    const world = open({
      release: async () => {
        meanwhile.act?.();
        return { release: RELEASE, commits: [], by: { kind: "system", name: "sluice" } };
      },
    });
    const before = asking({ required: 2, groups: ["sre"] });
    const abort = { type: "AbortPromotion", promotion: PROMOTION, by: { kind: "user", name: "x" }, at: AT } as const;
    meanwhile.act = () => world.set(pipelineDecider.decide(abort, before).reduce(pipelineDecider.evolve, before));
    expect(await world.say(decision("ada"))).toMatchObject({ status: "refused", code: "Conflict" });
    expect(world.recorded).toEqual([]);
  });

  it("waits for what is not known yet, and is no answer then", async () => {
    await expect(open({ release: async () => undefined }).say(decision("ada"))).rejects.toMatchObject({
      code: "Unavailable",
    });
    const broken = open({
      account: async () => {
        throw new SluiceError("Internal", "broken");
      },
    });
    await expect(broken.say(decision("ada"))).rejects.toMatchObject({ code: "Internal" });
  });

  it("of a pipeline that is gone, or a promotion that never was, says so", async () => {
    const { say, set } = open();
    expect(await say(decision("ada", { promotion: "other" }))).toMatchObject({ status: "refused", code: "NotFound" });
    set(pipelineDecider.initial);
    expect(await say(decision("ada"))).toMatchObject({ status: "refused", code: "NotFound" });
  });

  it("by a link whose maker has a hand in the release is refused", async () => {
    const { say } = open();
    const link = { via: "link", linkBy: "grace" } as const;
    expect(await say(decision("ada", link))).toMatchObject({ status: "refused", code: "Forbidden" });
    expect(await say(decision("ada", { ...link, linkBy: "sluice" }))).toMatchObject({ status: "recorded" });
  });
});
