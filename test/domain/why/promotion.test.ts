import { describe, expect, it } from "vitest";
import { type PromotionWhyInput, whyPromotion } from "../../../domain/why/promotion.ts";
import { whyStage } from "../../../domain/why/stage.ts";
import { PipelineSpec } from "../../../schemas/kinds/pipeline.ts";
import type { PipelineView, PromotionView, StageView } from "../../../schemas/promotion-views.ts";

const at = "2026-03-02T12:00:00.000Z";
const ada = { kind: "user", name: "ada" } as const;
const spec = PipelineSpec.parse({
  releaseSource: "shop",
  stages: [
    { name: "staging", applications: { names: ["shop-staging"] } },
    {
      name: "prod",
      applications: { names: ["shop-*"] },
      automatic: "newestVerified",
      waves: [{ pause: "10m" }],
      gates: [
        { name: "soak", soak: "1h" },
        { name: "after-db", dependency: { pipeline: "db", stage: "prod" } },
      ],
      emergencyGroups: ["incident-commanders"],
    },
  ],
});
const stage = (name: string, more: Partial<StageView> = {}): StageView => ({
  ...{ name, verified: [], applications: {}, queue: [], excluded: [] },
  ...more,
});
const pipeline = (prod: Partial<StageView> = {}, more: Partial<PipelineView> = {}): PipelineView => ({
  ...{ name: "shop", labels: {}, annotations: {}, createdAt: at, updatedAt: at, sequence: 1, emergencies: [] },
  spec,
  stages: [stage("staging"), stage("prod", prod)],
  ...more,
});
const promotion = (more: Partial<PromotionView> = {}): PromotionView => ({
  ...{ promotion: "prod-a", pipeline: "shop", stage: "prod", release: "a".repeat(40), phase: "Waiting" },
  trigger: { type: "manual", actor: ada, cause: "test" },
  ...{ requestedAt: at, gates: [], approvals: [], targets: [], waves: [], verifications: [] },
  ...{ firstSequence: 2, lastSequence: 3 },
  ...more,
});
const input = (more: Partial<PromotionWhyInput> = {}): PromotionWhyInput => ({
  ...{ pipeline: pipeline(), stage: "prod", promotions: [], line: { stopped: false }, now: at, releases: 3 },
  aliasOf: (release) => `alias-of-${release[0]}`,
  ...more,
});
const gate = (more: Partial<PromotionView["gates"][number]>): PromotionView["gates"][number] => ({
  ...{ gate: "soak", type: "soak", state: "wait", reason: "Soaking", message: "10m of 1h", evidence: {}, at },
  ...more,
});
const why = (more: Partial<PromotionView>, of: Partial<PromotionWhyInput> = {}) =>
  whyPromotion(input(of), promotion(more));
const first = (more: Partial<PromotionView>, of: Partial<PromotionWhyInput> = {}) => {
  const { standing, causes } = why(more, of);
  return { standing, ...causes[0] };
};

describe("a promotion that waits at its gates", () => {
  it("names each that does not pass, with its evidence, its time, and what to type", () => {
    const soak = gate({ until: "2026-03-02T12:50:00Z", evidence: { verifiedAt: at } });
    const answer = why({ gates: [soak, gate({ gate: "line", state: "pass" })] });
    expect(answer).toMatchObject({
      ...{ pipeline: "shop", stage: "prod", promotion: "prod-a", alias: "alias-of-a", standing: "Waiting" },
      causes: [
        {
          ...{ reason: "Soaking", gate: "soak", message: "gate soak waits: 10m of 1h", evidence: { verifiedAt: at } },
          ...{ until: "2026-03-02T12:50:00Z", who: expect.stringContaining("incident-commanders") },
          next: expect.stringContaining("sluice promote shop prod aaaaaaaaaaaa --emergency soak"),
        },
      ],
    });
    expect(answer.causes).toHaveLength(1);
    expect(answer.gates).toHaveLength(2);
  });

  it("says first what blocks, then what waits for people, then what time brings", () => {
    const gates = [
      gate({}),
      gate({ gate: "operators", type: "approval", deciders: ["sre", "bob"] }),
      gate({ gate: "policy", type: "expression", state: "block" }),
    ];
    const { causes } = why({ gates });
    expect(causes.map((cause) => cause.gate)).toEqual(["policy", "operators", "soak"]);
    expect(causes[0]).toMatchObject({
      message: expect.stringContaining("blocks"),
      next: "sluice promotion diff prod-a",
    });
    expect(causes[1]).toMatchObject({ who: "sre, bob", next: "sluice approve prod-a" });
  });

  it.each([
    ["upstream", "upstream", "sluice why shop/staging"],
    ["after-db", "dependency", "sluice why db/prod"],
    ["line", "stopTheLine", "sluice resume-the-line"],
    ["metrics", "verification", "sluice promotion get prod-a"],
    ["freeze", "window", expect.stringContaining("--emergency freeze")],
  ] as const)("leads from gate %s of the type %s on", (name, type, next) => {
    expect(first({ gates: [gate({ gate: name, type })] })).toMatchObject({ standing: "Waiting", next });
  });

  it("offers no emergency where no group may declare one", () => {
    const nobody = pipeline(
      {},
      { spec: { ...spec, stages: [spec.stages[0]!, { ...spec.stages[1]!, emergencyGroups: [] }] } },
    );
    const cause = first({ gates: [gate({})] }, { pipeline: nobody });
    expect(cause).toMatchObject({ next: "sluice promotion get prod-a", who: expect.stringContaining("admin") });
  });

  it("waits for a person where a gate's verification can't tell", () => {
    const run = {
      run: "run-1",
      gate: "metrics",
      phase: "Inconclusive" as const,
      startedAt: at,
      metrics: [],
      measurements: [],
    };
    expect(first({ gates: [gate({})], verifications: [run] })).toMatchObject({
      ...{ standing: "Undecided", reason: "VerificationInconclusive", gate: "metrics" },
      next: expect.stringContaining("sluice promotion judge prod-a"),
    });
    const judged = { verdict: "Successful" as const, by: ada, reason: "fine" };
    expect(first({ gates: [gate({})], verifications: [{ ...run, judged }] })).toMatchObject({ standing: "Waiting" });
  });

  it("is being prepared before any gate was looked at", () => {
    expect(first({})).toMatchObject({ standing: "Working", message: "what it changes is being rendered" });
  });
});

describe("what stops a promotion comes first", () => {
  const gates = [gate({})];
  it("a stopped line, whatever it does", () => {
    const line = { stopped: true, reason: "INC-42", by: ada, at };
    for (const phase of ["Queued", "Waiting", "Syncing"] as const)
      expect(first({ phase, gates }, { line })).toMatchObject({
        standing: "Stopped",
        message: "ada stopped the line: INC-42",
        next: "sluice resume-the-line",
      });
  });

  it("but a rollback does not wait for the line", () => {
    const trigger = { type: "rollback", actor: ada, cause: "test" } as const;
    const line = { stopped: true, reason: "INC-42" };
    expect(first({ phase: "Syncing", trigger }, { line })).toMatchObject({ standing: "Working" });
  });

  it("a pause of its own, or of its stage while it has not begun to move", () => {
    const paused = { by: ada, reason: "lunch", at };
    expect(first({ paused, gates })).toMatchObject({ standing: "Paused", next: "sluice promotion resume prod-a" });
    const of = { pipeline: pipeline({ paused }) };
    expect(first({ gates }, of)).toMatchObject({ standing: "Paused", next: "sluice stage resume shop prod" });
    expect(first({ phase: "Syncing" }, of)).toMatchObject({ standing: "Working" });
  });
});

describe("a promotion under way", () => {
  it("waits for its turn behind another", () => {
    const running = promotion({ promotion: "prod-b", release: "b", phase: "Syncing" });
    const of = { pipeline: pipeline({ running: "prod-b", queue: ["prod-x", "prod-a"] }), promotions: [running] };
    expect(first({ phase: "Queued" }, of)).toMatchObject({
      standing: "Queued",
      message: "it waits behind promotion prod-b of alias-of-b, which is Syncing, and 1 more before it",
      next: "sluice why prod-b",
    });
  });

  it("is about to begin where nothing is before it", () => {
    expect(first({ phase: "Queued" })).toMatchObject({ standing: "Queued", reason: "Beginning" });
  });

  it("waits for its pull request, with the address", () => {
    const pullRequest = {
      provider: "github",
      number: 7,
      url: "https://git.example/pull/7",
      state: "Open",
      branch: "b",
    } as const;
    expect(first({ phase: "Moving", mode: "pullRequest", pullRequest })).toMatchObject({
      reason: "PullRequestOpen",
      message: expect.stringContaining("https://git.example/pull/7"),
    });
  });

  it("waits for its applications, those first that failed", () => {
    const target = { wave: 0, operation: "o", revision: "r", sourceDigest: "s", after: 0 };
    const targets = [
      { ...target, application: "shop-eu", state: "Promoted" as const },
      { ...target, application: "shop-us", state: "Syncing" as const },
      { ...target, application: "shop-ap", state: "Failed" as const, message: "image not found" },
    ] as PromotionView["targets"];
    const { standing, causes } = why({ phase: "Syncing", targets });
    expect(standing).toBe("Working");
    expect(causes.map(({ application, next }) => [application, next])).toEqual([
      ["shop-ap", "sluice why shop-ap"],
      ["shop-us", "sluice why shop-us"],
    ]);
    expect(causes[0]?.message).toContain("image not found");
  });

  it("waits between waves until the pause is over", () => {
    const waves = [{ wave: 0, startedAt: at, completedAt: at, unhealthy: [] }];
    expect(first({ phase: "Syncing", waves })).toMatchObject({
      reason: "WavePause",
      until: "2026-03-02T12:10:00.000Z",
    });
  });

  it("is verified, and says what was measured last", () => {
    const measurement = { metric: "errors", number: 1, phase: "Successful" as const, value: "0.01", at };
    const run = { run: "run-1", phase: "Running" as const, startedAt: at, metrics: [], measurements: [measurement] };
    expect(first({ phase: "Verifying", verifications: [run] })).toMatchObject({
      standing: "Working",
      message: expect.stringContaining("errors measured Successful at 0.01 last"),
    });
  });
});

it("a step that can't be carried out is named, with its cause and when it is tried again", () => {
  const trouble = { step: "render", code: "SourceUnavailable", message: "git.example does not answer" };
  const progress = { step: "render", promotion: "prod-a", until: "2026-03-02T12:01:00Z", trouble };
  expect(first({}, { progress })).toMatchObject({
    ...{ standing: "Working", reason: "SourceUnavailable", until: progress.until },
    message: expect.stringContaining("git.example does not answer"),
  });
  expect(first({}, { progress: { ...progress, promotion: "prod-b" } })).toMatchObject({ reason: "Preparing" });
});

describe("a promotion that ended", () => {
  const ended = (more: Partial<PromotionView>) => ({ phase: "Ended" as const, endedAt: at, ...more });
  const left = [{ application: "shop-eu", release: "b".repeat(40), state: "Promoted" }];

  it("well, has nothing to say", () => {
    expect(why(ended({ result: "Succeeded" }))).toMatchObject({ standing: "Done", causes: [] });
  });

  it("badly, says why, what it left, and who undoes it", () => {
    const failed = ended({ result: "Failed", code: "HealthDegraded", message: "shop-eu is degraded", left });
    expect(first(failed)).toMatchObject({
      ...{ standing: "Failed", reason: "HealthDegraded", next: "sluice promote shop prod aaaaaaaaaaaa" },
      message: "shop-eu is degraded; it left shop-eu Promoted at bbbbbbbbbbbb",
    });
    const promotions = [promotion({ promotion: "prod-undo", undoes: "prod-a" })];
    expect(first(failed, { promotions })).toMatchObject({ next: "sluice why prod-undo" });
  });

  it("by a person, says by whom", () => {
    expect(first(ended({ result: "Aborted", abortedBy: ada }))).toMatchObject({
      standing: "Aborted",
      message: "ada ended it",
    });
    const rejected = { gate: "operators", by: ada, reason: "not today", at };
    expect(first(ended({ result: "Aborted", rejected }))).toMatchObject({
      reason: "Rejected",
      message: "ada rejected it at gate operators: not today",
    });
  });

  it("before it began, says what took its place", () => {
    expect(first(ended({ result: "Superseded", supersededBy: "prod-b" }))).toMatchObject({
      standing: "Superseded",
      next: "sluice why prod-b",
    });
  });
});

describe("a stage", () => {
  const current = { release: "b".repeat(40), promotion: "prod-b", at };
  const of = (prod: Partial<StageView>, more: Partial<PromotionWhyInput> = {}) => {
    const { standing, causes } = whyStage(input({ pipeline: pipeline(prod), ...more }));
    return { standing, reasons: causes.map(({ reason }) => reason), first: causes[0] };
  };

  it("answers with what runs or waits in it", () => {
    const promotions = [promotion({ gates: [gate({})] })];
    for (const prod of [{ running: "prod-a" }, { queue: ["prod-a"] }])
      expect(whyStage(input({ pipeline: pipeline(prod), promotions }))).toMatchObject({
        promotion: "prod-a",
        causes: [{ gate: "soak" }],
      });
  });

  it("that runs what it should has nothing to say", () => {
    expect(of({ current })).toMatchObject({ standing: "Done", reasons: [] });
  });

  it("that is paused, held, or whose last promotion failed says so, with the way out", () => {
    const paused = { by: ada, reason: "migration", at };
    expect(of({ current, paused })).toMatchObject({
      standing: "Paused",
      first: { next: "sluice stage resume shop prod" },
    });
    const held = { release: current.release, by: ada, at };
    expect(of({ current, held })).toMatchObject({
      standing: "Held",
      first: { next: "sluice stage release shop prod" },
    });
    const last = { promotion: "prod-a", release: "a", result: "Failed" as const, at };
    expect(of({ current, last })).toMatchObject({ standing: "Failed", first: { next: "sluice promotion get prod-a" } });
    expect(of({ current, last: { ...last, result: "Superseded" } })).toMatchObject({ standing: "Done" });
  });

  it("says which releases don't come by themselves any more", () => {
    const excluded = [{ release: "c".repeat(40), by: ada, reason: "RolledBack", at }];
    expect(of({ current, excluded })).toMatchObject({
      reasons: ["ReleaseExcluded"],
      first: { next: "sluice stage readmit shop prod cccccccccccc" },
    });
  });

  it("that is empty says how a release would come", () => {
    expect(of({})).toMatchObject({
      standing: "Empty",
      reasons: ["NoneVerified"],
      first: { next: "sluice why shop/staging" },
    });
    expect(of({}, { releases: 0 })).toMatchObject({
      reasons: ["NoRelease"],
      first: { next: "sluice release refresh shop" },
    });
    expect(of({}, { stage: "staging" })).toMatchObject({
      reasons: ["OnlyByHand"],
      first: { next: "sluice promote shop staging" },
    });
  });

  it("says first that the line is stopped", () => {
    expect(of({ current }, { line: { stopped: true, reason: "INC-42" } })).toMatchObject({
      standing: "Stopped",
      reasons: ["LineStopped"],
    });
  });
});
