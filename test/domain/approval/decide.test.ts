import { describe, expect, it } from "vitest";
import { approvalGates, ruling, type Said, type Weighed } from "../../../domain/approval/decide.ts";
import { personOf } from "../../../domain/approval/person.ts";
import { pipelineDecider } from "../../../domain/promotion/decider.ts";
import type { PipelineState } from "../../../domain/promotion/state.ts";
import { toSluiceError } from "../../../schemas/errors.ts";
import { GatePolicySpec } from "../../../schemas/kinds/gate-policy.ts";
import {
  after,
  AT,
  asking,
  differing,
  diffOf,
  GATE,
  judged,
  PROMOTION,
  RELEASE,
  specWith,
  verdictOf,
} from "./asking.ts";

const said = (name: string, more: Partial<Said> = {}): Said => ({
  ...{ promotion: PROMOTION, gate: GATE, verdict: "approve", via: "api" },
  binding: { release: RELEASE, diff: diffOf("d") },
  by: { kind: "user", name },
  ...more,
});

const weighed = (name: string, more: Partial<Weighed> & { groups?: string[] } = {}): Weighed => ({
  person: personOf(name, { groups: more.groups ?? ["sre"], aliases: [], email: `${name}@example.com` }),
  ...{ policies: new Map(), authors: ["starter", "grace", "grace@example.com"], now: AT },
  ...more,
});

/** The events of a word, by the decider as the activity makes it. */
function word(state: PipelineState, say: Said, by: Weighed = weighed(say.by.name)) {
  const ruled = ruling(state, say, by);
  return ruled.do === "nothing" ? [] : pipelineDecider.decide(ruled.command, state);
}
const told = (
  state: PipelineState,
  ...given: Parameters<typeof word> extends [unknown, ...infer Rest] ? Rest : never
) => word(state, ...given).reduce(pipelineDecider.evolve, state);

function refusal(run: () => unknown): { code: string; message: string; next: string | undefined } {
  try {
    run();
  } catch (error) {
    const { code, message, next } = toSluiceError(error);
    return { code, message, next };
  }
  throw new Error("it was taken");
}

const SRE = { required: 2, groups: ["sre"], people: ["boss"] };
const types = (events: readonly { type: string }[]) => events.map(({ type }) => type);

describe("a yes", () => {
  it("of somebody in the group, or named, is recorded with groups, comment and binding", () => {
    const events = word(
      asking(SRE),
      said("ada", { comment: "  looks good " }),
      weighed("ada", { groups: ["sre", "dev"] }),
    );
    expect(events).toMatchObject([
      {
        type: "ApprovalGiven",
        data: {
          gate: GATE,
          groups: ["dev", "sre"],
          comment: "looks good",
          binding: { diff: diffOf("d") },
          at: AT,
          via: "api",
        },
      },
    ]);
    expect(types(word(asking(SRE), said("boss"), weighed("boss", { groups: [] })))).toEqual(["ApprovalGiven"]);
  });

  it("expires as the gate says", () => {
    const [event] = word(asking({ ...SRE, expiresAfter: "36h" }), said("ada"));
    expect(event).toMatchObject({ data: { expiresAt: "2026-01-02T12:00:00.000Z" } });
  });

  it("of somebody who is not asked is refused, naming who is", () => {
    const { code, message, next } = refusal(() => word(asking(SRE), said("eve"), weighed("eve", { groups: ["sre2"] })));
    expect({ code, message }).toEqual({ code: "Forbidden", message: `eve is not asked by the gate ${GATE}` });
    expect(next).toContain("group sre, boss");
  });

  it.each([
    ["who started it", "starter", {}],
    ["who wrote a commit, by account", "grace", {}],
    ["who wrote a commit, by address in other letters", "g2", { email: "Grace@Example.COM", aliases: [] }],
    ["who wrote a commit, by alias", "g3", { aliases: ["grace"] }],
  ])("of %s is refused, and taken where the gate allows it", (_, name, spec) => {
    const by = weighed(name, { person: personOf(name, { groups: ["sre"], aliases: [], ...spec }) });
    expect(refusal(() => word(asking(SRE), said(name), by)).code).toBe("Forbidden");
    expect(types(word(asking({ ...SRE, allowSelfApproval: true }), said(name), by))).toEqual(["ApprovalGiven"]);
    expect(types(word(asking(SRE), said(name, { verdict: "reject", comment: "no" }), by))).toContain(
      "ApprovalRejected",
    );
  });

  it("by a link that somebody else made for his own change is refused", () => {
    const link = { via: "link", linkBy: "grace" } as const;
    const maker = personOf("grace", undefined);
    const refused = refusal(() => word(asking(SRE), said("ada", link), weighed("ada", { maker })));
    expect(refused).toMatchObject({ code: "Forbidden", message: expect.stringContaining("grace made this link") });
    const fair = weighed("ada", { maker: personOf("bob", undefined) });
    const events = word(asking(SRE), said("ada", { ...link, linkBy: "bob" }), fair);
    expect(events).toMatchObject([
      { type: "ApprovalGiven", data: { via: "link", linkBy: "bob", by: { name: "ada" } } },
    ]);
    expect(
      types(word(asking({ ...SRE, allowSelfApproval: true }), said("ada", link), weighed("ada", { maker }))),
    ).toEqual(["ApprovalGiven"]);
  });

  it("counts by the gate as it is now: an own one, or one without a comment, no more where that is refused now", () => {
    const reconfigured = (state: PipelineState, approval: object) =>
      after(state, { type: "Configure", spec: specWith(approval), labels: {}, annotations: {} });
    const lax = { required: 1, groups: ["sre"], allowSelfApproval: true };
    const strict = { required: 1, groups: ["sre"] };
    const maker = personOf("grace", undefined);
    for (const [say, by] of [
      [said("grace"), weighed("grace")],
      [said("g3"), weighed("g3", { person: personOf("g3", { groups: ["sre"], aliases: ["grace"] }) })],
      [said("ada", { via: "link", linkBy: "grace" }), weighed("ada", { maker })],
    ] as const) {
      const given = told(asking(lax), say, by);
      expect(verdictOf(given, AT).state).toBe("pass");
      expect(verdictOf(reconfigured(given, strict), AT).state).toBe("wait");
    }
    const fair = told(asking(lax), said("ada"));
    expect(verdictOf(reconfigured(fair, strict), AT).state).toBe("pass");
    const wordy = { ...strict, requireComment: true };
    expect(verdictOf(reconfigured(fair, wordy), AT).state).toBe("wait");
    expect(verdictOf(reconfigured(told(asking(lax), said("ada", { comment: "fine" })), wordy), AT).state).toBe("pass");
  });

  it("twice is one, also by another way in, and after the promotion went on", () => {
    const once = told(asking(SRE), said("ada"));
    expect(word(once, said("ada"))).toEqual([]);
    expect(word(once, said("ada", { via: "link", comment: "again" }))).toEqual([]);
    const aborted = pipelineDecider.decide(
      { type: "AbortPromotion", promotion: PROMOTION, by: { kind: "user", name: "x" }, at: AT },
      once,
    );
    expect(word(aborted.reduce(pipelineDecider.evolve, once), said("ada"))).toEqual([]);
  });

  it("after it expired is another", () => {
    const once = told(asking({ ...SRE, expiresAfter: "1h" }), said("ada"));
    const later = "2026-01-01T01:00:00.000Z";
    expect(types(word(once, said("ada"), weighed("ada", { now: later })))).toContain("ApprovalGiven");
  });

  it("for another difference or release than is asked for is refused", () => {
    const changed = differing(asking(SRE), "e");
    expect(refusal(() => word(changed, said("ada"))).code).toBe("Conflict");
    expect(types(word(changed, said("ada", { binding: { release: RELEASE, diff: diffOf("e") } })))).toEqual([
      "ApprovalGiven",
    ]);
    const other = said("ada", { binding: { release: "b".repeat(40), diff: diffOf("d") } });
    expect(refusal(() => word(asking(SRE), other)).code).toBe("Conflict");
  });

  it("needs a comment where the gate asks for one", () => {
    const state = asking({ ...SRE, requireComment: true });
    expect(refusal(() => word(state, said("ada", { comment: "  " }))).code).toBe("InvalidInput");
    expect(types(word(state, said("ada", { comment: "fine" })))).toEqual(["ApprovalGiven"]);
  });

  it("to what is not there, or has ended, says so", () => {
    expect(refusal(() => word(asking(SRE), said("ada", { promotion: "prod-9" }))).code).toBe("NotFound");
    expect(refusal(() => word(asking(SRE), said("ada", { gate: "other" }))).next).toContain(GATE);
    const rejected = told(asking(SRE), said("bob", { verdict: "reject", comment: "no" }));
    expect(refusal(() => word(rejected, said("ada"))).code).toBe("Conflict");
    for (const name of ["__proto__", "constructor", "toString"]) {
      expect(refusal(() => word(asking(SRE), said("ada", { promotion: name }))).code).toBe("NotFound");
      expect(refusal(() => word(asking(SRE), said("ada", { gate: name }))).code).toBe("NotFound");
    }
  });
});

describe("a no", () => {
  it("ends the promotion, with the reason, once", () => {
    const events = word(asking(SRE), said("ada", { verdict: "reject", comment: "load test failed" }));
    expect(events[0]).toMatchObject({ type: "ApprovalRejected", data: { reason: "load test failed" } });
    const state = events.reduce(pipelineDecider.evolve, asking(SRE));
    expect(state.promotions[PROMOTION]).toMatchObject({ phase: "Ended", result: "Failed" });
    expect(word(state, said("ada", { verdict: "reject", comment: "again" }))).toEqual([]);
  });

  it("takes a reason, and somebody who is asked", () => {
    expect(refusal(() => word(asking(SRE), said("ada", { verdict: "reject" }))).code).toBe("InvalidInput");
    const eve = weighed("eve", { groups: [] });
    expect(refusal(() => word(asking(SRE), said("eve", { verdict: "reject", comment: "x" }), eve)).code).toBe(
      "Forbidden",
    );
  });

  it("after one's own yes is taken, but not with the link that said yes", () => {
    const once = told(asking(SRE), said("ada"));
    const no = { verdict: "reject", comment: "changed my mind" } as const;
    expect(types(word(once, said("ada", no)))).toContain("ApprovalRejected");
    expect(refusal(() => word(once, said("ada", { ...no, via: "link" }))).message).toContain("This link was used");
  });
});

it("gates of a policy ask as if they stood in the stage, under both names", () => {
  const policy = GatePolicySpec.parse({
    gates: [
      { name: "four-eyes", approval: SRE },
      { name: "wait", soak: "1h" },
    ],
  });
  const spec = specWith(SRE, {
    gates: [
      { name: "company", policy: "company" },
      { name: GATE, approval: SRE },
    ],
  });
  const gates = approvalGates(spec, { stage: "prod" }, new Map([["company", policy]]));
  expect(gates.map(({ name }) => name)).toEqual(["company/four-eyes", GATE]);
  expect(approvalGates(spec, { stage: "gone" }, new Map())).toEqual([]);
});

it("a quorum is met by as many different people, and not before", () => {
  let state = asking(SRE);
  const stateOf = () => state.promotions[PROMOTION]!.verdicts[GATE];
  expect(stateOf()).toMatchObject({ state: "wait", reason: "ApprovalsMissing" });
  for (const name of ["ada", "ada"]) state = judged(told(state, said(name)), AT);
  expect(stateOf()).toMatchObject({ state: "wait" });
  state = judged(told(state, said("bob")), AT);
  expect(stateOf()).toMatchObject({ state: "pass" });
});
