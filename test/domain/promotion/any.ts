import fc from "fast-check";
import type { PipelineCommand } from "../../../domain/promotion/command.ts";
import type { Look, Next } from "../../../domain/promotion/next.ts";
import type { HealthStatus } from "../../../schemas/operation.ts";
import { SluiceError } from "../../../schemas/errors.ts";
import type { PipelineEvent } from "../../../schemas/events/index.ts";
import { ada, bob, COUNTS, minute, pipelineOf, RELEASES, target, verdict, type World, world } from "./world.ts";

const STAGES = ["a", "b", "c"] as const;
const APPROVAL = { name: "people", approval: { groups: ["sre"], required: 1 } };
const METRICS = { metrics: [{ name: "m", provider: { health: {} } }] };

/** Three stages with all that stages can have, moved into in all three ways. */
const SPEC = pipelineOf(
  { name: "a", automatic: "newest", rollback: { onFailedHealth: true, onFailedVerification: true } },
  {
    ...{ name: "b", automatic: "newestVerified", onNewer: "queue", verification: METRICS },
    ...{
      gates: [APPROVAL, { name: "measured", verification: METRICS }],
      waves: [{ pause: "5m" }, { maxUnhealthy: 1 }],
    },
    ...{ rollback: { onFailedVerification: true, onFailedHealth: true }, promotion: commitMethod("commit") },
  },
  { name: "c", after: ["a", "b"], afterAny: true, automatic: "newestVerified", promotion: commitMethod("pullRequest") },
);

function commitMethod(mode: string): object {
  const edits = [{ copy: { git: "web", from: "a", to: "b" } }];
  return { mode, commit: { repoURL: "https://git.example/shop.git", edits } };
}

/** One thing that happens to a pipeline; numbers choose among what there is then. */
export interface Happening {
  what: "step" | "wake" | "tick" | "health" | "command";
  stage: (typeof STAGES)[number];
  n: number;
  m: number;
  /** Nothing changes meanwhile but by the steps. */
  calm?: boolean;
}

export const anyHappening: fc.Arbitrary<Happening> = fc.record({
  what: fc.oneof(
    { weight: 12, arbitrary: fc.constant("step" as const) },
    { weight: 2, arbitrary: fc.constantFrom("wake" as const, "tick" as const, "health" as const) },
    { weight: 6, arbitrary: fc.constant("command" as const) },
  ),
  stage: fc.constantFrom(...STAGES),
  n: fc.nat({ max: 60 }),
  m: fc.nat({ max: 60 }),
});

/** Steps that follow each other, at most. */
const STEPS = 12;

const pick = <Item>(items: readonly Item[], n: number): Item => items[n % items.length]!;

/** What was done, before and after it. */
export interface Done {
  command: PipelineCommand;
  before: World["state"];
  events: PipelineEvent[];
  /** It was due, by `next`. */
  due: boolean;
  refused?: SluiceError;
}

/** Plays what happens to a pipeline: workflows' steps by `next` in a world that numbers choose, and any command by anybody. */
export function play(happenings: readonly Happening[], told: (done: Done, on: World) => void): World {
  const on = world(SPEC);
  const looked: Record<string, Look[]> = { a: [], b: [], c: [] };
  const health: Record<string, HealthStatus> = {};
  let time = 0;
  const now = () => minute(time);

  const execute = (command: PipelineCommand, due = false): void => {
    const before = on.state;
    try {
      told({ command, before, events: on.do(command), due }, on);
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      told({ command, before, events: [], due, refused: error }, on);
    }
  };

  const due = (stage: string): Next =>
    on.next(stage, {
      now: now(),
      releases: RELEASES,
      looked: looked[stage]!,
      health: Object.entries(health).map(([application, how]) => ({ application, health: how })),
    });

  const advance = (stage: string, { n, m }: { n: number; m: number }): void => {
    const step = due(stage);
    if ("command" in step) return execute(step.command, true);
    for (const command of taken(on, step, { stage, n, m, at: now() })) execute(command);
    const look = lookAfter(step);
    if (look) looked[stage]!.push(look);
    // A workflow is woken by what it waits for, sooner or later.
    if (step.do === "wait" && n % 4 === 0) looked[stage] = [];
  };

  for (const { what, stage, n, m, calm } of happenings) {
    if (what === "tick") time += n;
    if (what === "wake" || what === "tick") looked[stage] = [];
    if (what === "health") health[`${stage}-0${n % 2}`] = pick(["Healthy", "Degraded"], m);
    if (what === "command") execute(anyCommand(on, stage, { n, m, at: now() }));
    if (what !== "step") continue;
    for (let more = 0; more <= m % STEPS; more += 1) advance(stage, { n: calm ? n : n + more * 7, m });
  }
  return on;
}

function lookAfter(step: Next): Look | undefined {
  if (step.do === "measure") return { do: "measure", promotion: step.promotion, run: step.run };
  const isLook =
    step.do === "render" || step.do === "evaluate" || step.do === "observe" || step.do === "followPullRequest";
  return isLook ? { do: step.do, promotion: step.promotion } : undefined;
}

interface Chance {
  stage: string;
  n: number;
  m: number;
  at: string;
}

type Step<What extends Next["do"]> = Extract<Next, { do: What }>;
type Taking = {
  [What in Next["do"]]?: (step: Step<What>, chance: Chance & { isWell: boolean }, on: World) => PipelineCommand[];
};

/** What a step records that takes more than a record: most times all is well. */
function taken(on: World, step: Next, chance: Chance): PipelineCommand[] {
  const take = TAKING[step.do] as
    | ((step: Next, chance: Chance & { isWell: boolean }, on: World) => PipelineCommand[])
    | undefined;
  return take?.(step, { ...chance, isWell: chance.n % 7 !== 0 }, on) ?? [];
}

const TAKING: Taking = {
  render: ({ promotion }, { n }) => [difference(promotion, n % 7 === 0 ? 1 : 0)],
  evaluate: ({ promotion }, chance) => [verdicts(promotion, chance)],
  move: ({ promotion }, { m }, on) => moved(on, promotion, m),
  followPullRequest: ({ promotion }, { n, isWell, at }) => {
    if (n % 3 === 0) return [];
    if (!isWell) return [{ type: "RecordPullRequestClosed", promotion, number: 7, reason: "Closed", at }];
    return [{ type: "RecordMerge", promotion, number: 7, commit: "merged", at }];
  },
  wait: ({ promotion: id = "" }, { n, m, at }, on) => {
    const promotion = on.state.promotions[id];
    const by = pick([ada, bob], m);
    const run = promotion?.verifications.find(({ phase, judged }) => phase === "Inconclusive" && !judged)?.run;
    if (run) return [{ type: "JudgeVerification", promotion: id, run, verdict: "Successful", by, reason: "seen" }];
    const binding = promotion?.asked.people;
    if (!binding || n % 2 === 0) return [];
    return [{ type: "GiveApproval", promotion: id, gate: "people", binding, by, groups: ["sre"], via: "cli", at }];
  },
  closePullRequest: ({ promotion, reason }, { at }) => [
    { type: "RecordPullRequestClosed", promotion, number: 7, reason, at },
  ],
  startWave: ({ promotion, wave }, { stage, at }) => {
    const targets = [0, 1].map((index) => target(`${stage}-${wave}${index}`, wave));
    return [{ type: "StartWave", promotion, wave, targets, at }];
  },
  observe: ({ promotion }, { isWell, at }, on) => observed(on, promotion, isWell, at),
  measure: ({ promotion, run }, { isWell, m, at }) => {
    const phase = isWell ? "Successful" : pick(["Failed", "Error", "Inconclusive"] as const, m);
    return [{ type: "CompleteVerification", promotion, run, phase, metrics: [], at }];
  },
};

const difference = (promotion: string, n: number): PipelineCommand => ({
  ...{ type: "RecordDifference", promotion, digest: `d${n}`, blob: `b${n}`, counts: COUNTS },
});

function verdicts(promotion: string, { stage, n, at }: Chance): PipelineCommand {
  const upstream = verdict("upstream", { type: "upstream" });
  const people = verdict("people", { type: "approval", state: n % 3 === 0 ? "wait" : "pass" });
  const measured = verdict("measured", { type: "verification", state: n % 4 === 0 ? "wait" : "pass" });
  return { type: "RecordVerdicts", promotion, verdicts: stage === "b" ? [upstream, people, measured] : [upstream], at };
}

function moved(on: World, promotion: string, m: number): PipelineCommand[] {
  const place = { repoURL: "u", branch: "main" };
  const result = m % 6 === 0 ? "unchanged" : "pushed";
  const commit: PipelineCommand = { type: "RecordCommit", promotion, ...place, commit: "c1", result };
  if (on.promotion(promotion).mode !== "pullRequest" || result === "unchanged") return [commit];
  const opened = { ...place, provider: "github", number: 7, url: "w", head: "c1" };
  return [commit, { type: "RecordPullRequest", promotion, ...opened }];
}

function observed(on: World, promotion: string, isWell: boolean, at: string): PipelineCommand[] {
  const making = Object.values(on.promotion(promotion).targets).find(({ state }) => state === "Syncing");
  if (!making) return [];
  const { application, operation, revision, sourceDigest } = making;
  if (!isWell) return [{ type: "RecordTargetFailure", promotion, application, reason: "SyncFailed", message: "no" }];
  return [{ type: "RecordPromoted", promotion, application, operation, revision, sourceDigest, sequence: 1, at }];
}

/** Any command, in time or not. */
function anyCommand(on: World, stage: string, { n, m, at }: Omit<Chance, "stage">): PipelineCommand {
  const known = [...Object.keys(on.state.promotions), ...on.state.ended, "none"];
  const promotion = (m % 3 > 0 && on.state.stages[stage]?.running) || pick(known, m);
  const { release } = pick(RELEASES, m);
  const by = pick([ada, bob], m);
  const found = on.state.promotions[promotion];
  const binding = { release: found?.release ?? "r1", diff: pick([found?.difference?.digest ?? "d0", "d1"], n + m) };
  const decision = { promotion, gate: "people", binding, by, via: "api", at } as const;
  const run = found?.verifications.at(-1)?.run ?? "none";
  const emergency = { record: `e${m}`, gates: pick([["upstream"], ["people"]], n), reason: "outage" };
  const asked = { type: "RequestPromotion", promotion: `by-hand-${n}-${m}`, stage, release, at } as const;
  const trigger = { type: "manual", actor: by, cause: "x" } as const;
  const commands: PipelineCommand[] = [
    { ...asked, trigger },
    { ...asked, trigger, hold: true },
    { ...asked, trigger, emergency },
    { ...asked, trigger: { ...trigger, type: "rollback" } },
    { ...asked, trigger: { ...trigger, type: "rollback" }, hold: false, undoes: promotion },
    { ...asked, trigger: { type: "automatic", actor: { kind: "system", name: "sluice" }, cause: release } },
    { type: "StartNext", stage, at },
    difference(promotion, m % 2),
    verdicts(promotion, { stage, n, m, at }),
    { type: "GiveApproval", ...decision, groups: ["sre"], ...(m % 3 === 0 && { expiresAt: at }) },
    { type: "GiveApproval", ...decision, groups: ["sre"] },
    { type: "GiveApproval", ...decision, groups: ["sre"] },
    { type: "RejectApproval", ...decision, reason: "no" },
    { type: "PausePromotion", promotion, by, at },
    { type: "ResumePromotion", promotion, by, at },
    { type: "ResumePromotion", promotion: on.state.stages[stage]?.running ?? promotion, by, at },
    { type: "AbortPromotion", promotion, by, at },
    { type: "BeginMove", promotion, mode: "pin", at },
    { type: "StartWave", promotion, wave: m % 2, targets: [target(`${stage}-${m % 2}`)], at },
    { type: "CompleteWave", promotion, wave: m % 2, unhealthy: [], at },
    { type: "StartVerification", promotion, run: `${promotion}/verification`, at },
    {
      type: "JudgeVerification",
      promotion,
      run,
      verdict: pick(["Successful", "Failed", "Again"], n),
      by,
      reason: "seen",
    },
    { type: "Succeed", promotion, at },
    { type: "Fail", promotion, code: pick(["SyncFailed", "VerificationFailed"], n), message: "no", left: [], at },
    { type: "LoseHealth", stage, message: "gone", at },
    { type: "RegainHealth", stage, at },
    { type: "HoldStage", stage, by },
    { type: "ReleaseStage", stage, by },
    { type: "PauseStage", stage, by, reason: "x" },
    { type: "ResumeStage", stage, by },
    { type: "ResumeStage", stage, by },
    { type: "ExcludeRelease", stage, release, by, at },
    { type: "ReadmitRelease", stage, release, by },
    { type: "CloseEmergency", record: pick([...Object.keys(on.state.emergencies), "none"], m), by, note: "done", at },
    { type: "RecordMerge", promotion, number: 7, commit: "m", at },
    { type: "Configure", spec: SPEC, labels: { n: String(m % 2) }, annotations: {} },
  ];
  return pick(commands, n);
}
