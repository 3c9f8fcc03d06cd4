import { describe, expect, test } from "vitest";
import { allPass, evaluateGates, typeOf } from "../../../domain/gate/evaluate.ts";
import { initialPipeline } from "../../../domain/promotion/state.ts";
import { DIFF, inputOf, person, RELEASE, stageState, verifiedAt } from "./input.ts";

const verdictOf = (input: ReturnType<typeof inputOf>, gate: string) =>
  evaluateGates(input).find((verdict) => verdict.gate === gate);
const AT = "2026-03-01T00:00:00Z";

describe("what every stage has", () => {
  test("verdicts come in a fixed order: the line, the stages before, then the gates as they are written", () => {
    const gates = [
      { name: "soak", soak: "1h" },
      { name: "yes", approval: { people: ["ada"] } },
    ];
    const verdicts = evaluateGates(inputOf({ gates }));
    expect(verdicts.map(({ gate }) => gate)).toEqual(["stopTheLine", "upstream", "soak", "yes"]);
    expect(allPass(verdicts)).toBe(false);
  });

  test("a stage without gates passes when the release is verified before it", () => {
    const verdicts = evaluateGates(inputOf({}, { stages: { qa: verifiedAt(AT) } }));
    expect(verdicts).toMatchObject([
      { reason: "LineRuns" },
      { reason: "Verified", evidence: { verified: { qa: AT } } },
    ]);
    expect(allPass(verdicts)).toBe(true);
  });

  test("the stage before in the list is meant unless `after` says others; all of them, or with afterAny one", () => {
    const staging = { staging: verifiedAt(AT) };
    expect(verdictOf(inputOf({}, { stages: staging }), "upstream")).toMatchObject({
      ...{ state: "wait", reason: "NotVerified", evidence: { missing: ["qa"] } },
    });
    const after = { after: ["staging", "qa"] };
    expect(verdictOf(inputOf(after, { stages: staging }), "upstream")).toMatchObject({ state: "wait" });
    expect(verdictOf(inputOf({ ...after, afterAny: true }, { stages: staging }), "upstream")).toMatchObject({
      ...{ state: "pass", message: "verified in staging" },
    });
    expect(verdictOf(inputOf({ ...after, afterAny: true }), "upstream")).toMatchObject({ state: "wait" });
    expect(verdictOf(inputOf({ after: [] }), "upstream")).toMatchObject({ state: "pass", reason: "FirstStage" });
  });

  test("another release that is verified there counts for nothing", () => {
    expect(verdictOf(inputOf({}, { stages: { qa: verifiedAt(AT, "r0") } }), "upstream")).toMatchObject({
      state: "wait",
    });
  });

  test("a stopped line holds everything but rollbacks, and says who stopped it and why", () => {
    const line = { stopped: true, by: "ada", reason: "incident 7" };
    expect(verdictOf(inputOf({}, { line }), "stopTheLine")).toMatchObject({
      ...{ state: "wait", reason: "LineStopped", evidence: { by: "ada", reason: "incident 7" } },
      message: "the line was stopped by ada: incident 7; it goes on when it is resumed",
    });
    const rollback = { trigger: { type: "rollback" as const, actor: person("ada"), cause: "p0" } };
    expect(verdictOf(inputOf({}, { line, promotion: rollback }), "stopTheLine")).toMatchObject({ state: "pass" });
  });

  test("a stage that is gone blocks", () => {
    expect(evaluateGates({ ...inputOf({}), stage: "gone" })).toMatchObject([{ state: "block", reason: "NoSuchStage" }]);
  });

  test("each gate has the type of its one field", () => {
    expect(typeOf({ name: "a", soak: "1h" })).toBe("soak");
    expect(typeOf({ name: "a", windows: [] })).toBe("window");
    expect(typeOf({ name: "a", policy: "p" })).toBeUndefined();
  });
});

describe("soak", () => {
  const gates = [{ name: "soak", soak: "24h" }];
  const soak = (over: Parameters<typeof inputOf>[1], stage: object = {}) =>
    verdictOf(inputOf({ gates, ...stage }, over), "soak");

  test("counts from when the release was verified before, to the millisecond", () => {
    const stages = { qa: verifiedAt("2026-03-01T00:00:00Z") };
    expect(soak({ stages, now: "2026-03-01T23:59:59.999Z" })).toMatchObject({
      ...{ state: "wait", reason: "Soaking", until: "2026-03-02T00:00:00.000Z" },
    });
    expect(soak({ stages, now: "2026-03-02T00:00:00Z" })).toMatchObject({ state: "pass", reason: "Soaked" });
  });

  test("of several stages before the last counts, with afterAny the first", () => {
    const stages = { staging: verifiedAt("2026-02-01T00:00:00Z"), qa: verifiedAt("2026-03-01T12:00:00Z") };
    const after = { after: ["staging", "qa"] };
    expect(soak({ stages }, after)).toMatchObject({ state: "wait", until: "2026-03-02T12:00:00.000Z" });
    expect(soak({ stages }, { ...after, afterAny: true })).toMatchObject({ state: "pass" });
  });

  test("does not begin before the release is verified, and blocks where nothing comes before", () => {
    expect(soak({})).toMatchObject({ state: "wait", reason: "NotVerified" });
    expect(soak({}, { after: [] })).toMatchObject({ state: "block", reason: "NothingBefore" });
  });
});

describe("approval", () => {
  const gates = [{ name: "yes", approval: { required: 2, groups: ["sre"], people: ["eve"] } }];
  const given = (name: string, more: object = {}) => ({
    ...{ gate: "yes", binding: { release: RELEASE, diff: DIFF }, by: person(name), groups: ["sre"], at: AT },
    ...more,
  });
  const approval = (approvals: ReturnType<typeof given>[], more: object = {}, stage: object = { gates }) =>
    verdictOf(inputOf(stage, { promotion: { approvals, ...more } }), "yes");

  test("waits for as many different people as it asks for", () => {
    expect(approval([])).toMatchObject({ state: "wait", reason: "ApprovalsMissing", deciders: ["sre", "eve"] });
    expect(approval([given("ada"), given("ada")])).toMatchObject({
      message: "1 of 2 approvals are missing; approved by ada",
    });
    expect(approval([given("ada"), given("bob")])).toMatchObject({ state: "pass", message: "approved by ada and bob" });
    expect(approval([given("ada"), given("eve", { groups: [] })])).toMatchObject({ state: "pass" });
  });

  test.each([
    ["another difference", { binding: { release: RELEASE, diff: "e".repeat(64) } }],
    ["another release", { binding: { release: "r0", diff: DIFF } }],
    ["another gate", { gate: "other" }],
    ["an approval that is over", { expiresAt: "2026-03-02T00:00:00Z" }],
    ["somebody who is in no group of the gate", { groups: ["dev"] }],
  ])("does not count %s", (_what, more) => {
    expect(approval([given("ada"), given("bob", more)])).toMatchObject({ state: "wait" });
  });

  test("is looked at again when the first approval that counts is over", () => {
    const expiring = given("ada", { expiresAt: "2026-03-02T01:00:00Z" });
    expect(approval([expiring, given("bob")])).toMatchObject({ state: "pass", until: "2026-03-02T01:00:00.000Z" });
  });

  test("who started it does not count, unless the gate allows it", () => {
    const trigger = { type: "manual" as const, actor: person("ada"), cause: "c" };
    const both = [given("ada"), given("bob")];
    expect(approval(both, { trigger })).toMatchObject({ state: "wait" });
    const self = [{ ...gates[0], approval: { ...gates[0]!.approval, allowSelfApproval: true } }];
    expect(approval(both, { trigger }, { gates: self })).toMatchObject({ state: "pass" });
  });

  test("nobody can approve what is not rendered yet", () => {
    expect(approval([], { difference: null })).toMatchObject({ state: "wait", reason: "DifferencePending" });
  });
});

describe("expression", () => {
  const gates = [{ name: "small", expression: { cel: "diff.changed < 10", message: "too much" } }];
  const said = (outcome: { value: boolean } | { problem: string } | undefined, expression: object = {}) =>
    verdictOf(
      inputOf(
        { gates: [{ name: "small", expression: { ...gates[0]!.expression, ...expression } }] },
        { expressions: new Map(outcome ? [["small", outcome]] : []) },
      ),
      "small",
    );

  test("true passes, false blocks or waits as it says, and what can't be told waits", () => {
    expect(said({ value: true })).toMatchObject({ state: "pass", evidence: { cel: "diff.changed < 10" } });
    expect(said({ value: false })).toMatchObject({ state: "block", message: "too much" });
    expect(said({ value: false }, { onFalse: "wait" })).toMatchObject({ state: "wait", reason: "ExpressionFalse" });
    expect(said({ problem: "no such key" })).toMatchObject({ state: "wait", reason: "ExpressionFailed" });
    expect(said(undefined)).toMatchObject({ state: "wait", reason: "NotEvaluated" });
  });
});

describe("dependency", () => {
  const gates = [{ name: "base", dependency: { pipeline: "base", stage: "prod" } }];
  const idle = [{ name: "base", dependency: { pipeline: "base", stage: "prod", state: "Idle" } }];
  const base = (prod: Parameters<typeof stageState>[0]) => {
    const { spec } = inputOf({});
    return new Map([
      [
        "base",
        {
          ...initialPipeline,
          configuration: { spec, labels: {}, annotations: {} },
          stages: { prod: stageState(prod) },
        },
      ],
    ]);
  };
  const current = { release: "b1", promotion: "q", at: AT };
  const said = (which: object[], prod: Parameters<typeof stageState>[0]) =>
    verdictOf(inputOf({ gates: which }, { pipelines: base(prod) }), "base");

  test("what the other stage runs has to be verified there", () => {
    expect(said(gates, {})).toMatchObject({ state: "wait", reason: "DependencyNotVerified" });
    expect(said(gates, { current })).toMatchObject({ state: "wait" });
    expect(said(gates, { current: { ...current, verifiedAt: AT } })).toMatchObject({ state: "pass" });
  });

  test("Idle asks also that nothing is on its way there", () => {
    const verified = { ...current, verifiedAt: AT };
    expect(said(idle, { current: verified, running: "q2" })).toMatchObject({ state: "wait", reason: "DependencyBusy" });
    expect(said(idle, { current: verified, queue: ["q3"] })).toMatchObject({ state: "wait" });
    expect(said(idle, { current: verified })).toMatchObject({ state: "pass" });
    expect(said(gates, { current: verified, running: "q2" })).toMatchObject({ state: "pass" });
  });

  test("a stage that is not there blocks", () => {
    expect(verdictOf(inputOf({ gates }), "base")).toMatchObject({ state: "block", reason: "DependencyUnknown" });
  });
});

describe("verification", () => {
  const verification = { metrics: [{ name: "m", provider: { health: {} } }] };
  const gates = [{ name: "slo", verification }];
  const run = { run: "v1", gate: "slo", startedAt: AT, metrics: [] };
  const said = (verifications: object[]) =>
    verdictOf(inputOf({ gates }, { promotion: { verifications: verifications as never } }), "slo");

  test.each([
    [[], "wait", "NotStarted"],
    [[{ ...run, phase: "Running" }], "wait", "Verifying"],
    [[{ ...run, phase: "Successful" }], "pass", "VerificationSuccessful"],
    [[{ ...run, phase: "Failed", message: "m" }], "block", "VerificationFailed"],
    [[{ ...run, phase: "Error" }], "block", "VerificationError"],
    [[{ ...run, phase: "Inconclusive" }], "wait", "VerificationInconclusive"],
    [
      [{ ...run, phase: "Inconclusive", judged: { verdict: "Successful", by: person("ada") } }],
      "pass",
      "JudgedSuccessful",
    ],
    [[{ ...run, phase: "Inconclusive", judged: { verdict: "Failed", by: person("ada") } }], "block", "JudgedFailed"],
    [[{ ...run, phase: "Failed", judged: { verdict: "Successful", by: person("ada") } }], "pass", "JudgedSuccessful"],
    [[{ ...run, phase: "Error", judged: { verdict: "Again", by: person("ada") } }], "wait", "MeasuredAgain"],
    [
      [
        { ...run, phase: "Failed" },
        { ...run, run: "v2", phase: "Successful" },
      ],
      "pass",
      "VerificationSuccessful",
    ],
    [[{ ...run, gate: undefined, phase: "Successful" }], "wait", "NotStarted"],
  ])("%#: the newest run of the gate decides", (runs, state, reason) => {
    expect(said(runs)).toMatchObject({ state, reason });
  });
});

describe("policies, emergencies and rollbacks", () => {
  const policies = new Map([
    [
      "production",
      {
        gates: [
          { name: "soak", soak: "1h" },
          { name: "slow", soak: "2h" },
        ],
      },
    ],
  ]);
  const gates = [{ name: "prod", policy: "production" }];

  test("the gates of a policy stand in its place, under both names", () => {
    const names = evaluateGates(inputOf({ gates }, { policies })).map(({ gate }) => gate);
    expect(names).toEqual(["stopTheLine", "upstream", "prod/soak", "prod/slow"]);
  });

  test("a policy that is not there blocks", () => {
    expect(verdictOf(inputOf({ gates }), "prod")).toMatchObject({ state: "block", reason: "PolicyUnknown" });
  });

  test("an emergency skips the gates it names, all of a policy by one name, and never the stopped line", () => {
    const skipped = (names: string[]) =>
      evaluateGates(
        inputOf(
          { gates },
          { policies, line: { stopped: true }, promotion: { skipped: { record: "e1", gates: names } } },
        ),
      ).map(({ state, reason }) => `${state} ${reason}`);
    expect(skipped(["prod"])).toEqual([
      "wait LineStopped",
      "wait NotVerified",
      "pass EmergencySkipped",
      "pass EmergencySkipped",
    ]);
    expect(skipped(["prod/slow", "upstream", "stopTheLine"])).toEqual([
      "wait LineStopped",
      "pass EmergencySkipped",
      "wait NotVerified",
      "pass EmergencySkipped",
    ]);
    expect(skipped(["pro"])[2]).toBe("wait NotVerified");
  });

  test("a rollback waits for expressions, and for people only where the stage says so", () => {
    const all = [
      { name: "soak", soak: "1h" },
      { name: "yes", approval: { people: ["ada"] } },
      { name: "when", windows: [{ kind: "deny", schedule: "* * * * *", duration: "1h" }] },
      { name: "cel", expression: { cel: "false" } },
      { name: "base", dependency: { pipeline: "none", stage: "prod" } },
    ];
    const trigger = { type: "rollback" as const, actor: person("bob"), cause: "p0" };
    const expressions = new Map([["cel", { value: false }]]);
    const states = (rollback: object) =>
      evaluateGates(inputOf({ gates: all, rollback }, { promotion: { trigger }, expressions })).map(
        ({ state }) => state,
      );
    expect(states({})).toEqual(["pass", "pass", "pass", "pass", "pass", "block", "pass"]);
    expect(states({ requireApproval: true })).toEqual(["pass", "pass", "pass", "wait", "pass", "block", "pass"]);
  });
});
