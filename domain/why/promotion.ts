import { durationMs } from "../../schemas/duration.ts";
import type { Line, PromotionWhy } from "../../schemas/api/promotion-routes.ts";
import type { PipelineView, PromotionView, VerificationView } from "../../schemas/promotion-views.ts";
import { stagesBefore } from "../promotion/meant.ts";
import { gateCauses, type PromotionCause } from "./gate.ts";

type Standing = PromotionWhy["standing"];

/** Where a stage's workflow is: what it does, when it looks again, and why its last step could not be carried out. */
export interface StageProgress {
  step: string;
  promotion?: string;
  until?: string;
  trouble?: { step: string; code: string; message: string };
}

/** What the answer is computed from: views of the ledger, and the clock. */
export interface PromotionWhyInput {
  pipeline: PipelineView;
  stage: string;
  /** Those into the stage, and those that run anywhere in the pipeline. */
  promotions: readonly PromotionView[];
  line: Line;
  /** RFC 3339. */
  now: string;
  aliasOf(release: string): string;
  /** How many releases the source has made. */
  releases: number;
  /** What the stage's workflow says of itself; absent where none runs, or none could be asked. */
  progress?: StageProgress | undefined;
}

/** More causes than anybody reads; `promotion get` has the rest. */
const MOST_CAUSES = 20;
const OPERATORS = "whoever may promote";

/** Whether a promotion has ended, one way or another. */
export const isOver = ({ phase }: Pick<PromotionView, "phase">): boolean => phase === "Ended";

/** Why a promotion has not ended well yet: what stops everything first, then what holds this one, then what it is at. */
export function whyPromotion(input: PromotionWhyInput, promotion: PromotionView): PromotionWhy {
  const found = isOver(promotion) ? ended(promotion, input) : underWay(input, promotion);
  return {
    pipeline: input.pipeline.name,
    stage: promotion.stage,
    promotion: promotion.promotion,
    release: promotion.release,
    alias: input.aliasOf(promotion.release),
    standing: found.standing,
    causes: found.causes.slice(0, MOST_CAUSES),
    gates: promotion.gates,
  };
}

interface Found {
  standing: Standing;
  causes: PromotionCause[];
}

function underWay(input: PromotionWhyInput, promotion: PromotionView): Found {
  const stopping = [...lineCauses(input.line), ...pauseCauses(input, promotion)];
  const found = phaseCauses(input, promotion);
  const at = { ...found, causes: [...troubleCauses(input, promotion), ...found.causes] };
  const standing = stopping.length > 0 ? (input.line.stopped ? "Stopped" : "Paused") : at.standing;
  return { standing, causes: [...stopping, ...at.causes] };
}

/** That nothing is promoted anywhere. */
const lineCauses = ({ stopped, reason, by, at }: Line): PromotionCause[] =>
  stopped
    ? [
        {
          reason: "LineStopped",
          message: `${by?.name ?? "somebody"} stopped the line: ${reason ?? "no reason given"}`,
          ...(at !== undefined && { since: at }),
          who: "accounts with the role admin",
          next: "sluice resume-the-line",
        },
      ]
    : [];

function pauseCauses({ pipeline, stage }: PromotionWhyInput, promotion: PromotionView): PromotionCause[] {
  const causes: PromotionCause[] = [];
  const { paused, phase } = promotion;
  if (paused) {
    causes.push({
      reason: "PromotionPaused",
      message: `${paused.by.name} paused it${paused.reason === undefined ? "" : `: ${paused.reason}`}`,
      since: paused.at,
      who: OPERATORS,
      next: `sluice promotion resume ${promotion.promotion}`,
    });
  }
  if (phase === "Queued" || phase === "Waiting") causes.push(...stagePause(pipeline, stage));
  return causes;
}

function stagePause(pipeline: PipelineView, stage: string): PromotionCause[] {
  const paused = pipeline.stages.find(({ name }) => name === stage)?.paused;
  if (!paused) return [];
  return [
    {
      reason: "StagePaused",
      message: `${paused.by.name} paused stage ${stage}: ${paused.reason}`,
      since: paused.at,
      who: OPERATORS,
      next: `sluice stage resume ${pipeline.name} ${stage}`,
    },
  ];
}

/** A step that is tried again, as when a repository does not answer. */
function troubleCauses({ progress }: PromotionWhyInput, { promotion }: PromotionView): PromotionCause[] {
  if (progress?.promotion !== promotion || !progress.trouble) return [];
  const { trouble, until } = progress;
  const message = `the step ${trouble.step} could not be carried out and is tried again: ${trouble.message}`;
  const more = until === undefined ? {} : { until };
  const next = `mend it and wait, or end the promotion with: sluice promotion abort ${promotion}`;
  return [{ reason: trouble.code, message, ...more, who: "whoever runs what does not answer", next }];
}

function phaseCauses(input: PromotionWhyInput, promotion: PromotionView): Found {
  switch (promotion.phase) {
    case "Queued":
      return { standing: "Queued", causes: queueCauses(input, promotion) };
    case "Waiting":
      return waiting(input, promotion);
    case "Moving":
      return { standing: "Working", causes: [moveCause(promotion)] };
    case "Syncing":
      return { standing: "Working", causes: syncCauses(input, promotion) };
    case "Verifying":
      return verifying(promotion);
    case "Ended":
      return { standing: "Done", causes: [] };
  }
}

function queueCauses({ pipeline, promotions, aliasOf }: PromotionWhyInput, promotion: PromotionView): PromotionCause[] {
  const view = pipeline.stages.find(({ name }) => name === promotion.stage);
  const running = promotions.find((one) => one.promotion === view?.running);
  const before = Math.max(0, view?.queue.indexOf(promotion.promotion) ?? 0);
  const others = before > 0 ? `, and ${before} more before it` : "";
  const message = running
    ? `it waits behind promotion ${running.promotion} of ${aliasOf(running.release)}, which is ${running.phase}${others}`
    : `it is about to begin${others}`;
  const next = running ? `sluice why ${running.promotion}` : `sluice promotion get ${promotion.promotion}`;
  return [{ reason: "Queued", message, since: promotion.requestedAt, who: OPERATORS, next }];
}

function waiting(input: PromotionWhyInput, promotion: PromotionView): Found {
  const causes = gateCauses(input.pipeline, promotion);
  const undecided = promotion.verifications.filter(
    ({ gate, phase, judged }) => gate && phase === "Inconclusive" && !judged,
  );
  const judge = undecided.map((run) => judgeCause(promotion.promotion, run));
  if (judge.length > 0) return { standing: "Undecided", causes: [...judge, ...causes] };
  if (causes.length > 0) return { standing: "Waiting", causes };
  const message = promotion.difference ? "its gates are being looked at" : "what it changes is being rendered";
  const next = `sluice promotion get ${promotion.promotion}`;
  return { standing: "Working", causes: [{ reason: "Preparing", message, who: OPERATORS, next }] };
}

function moveCause({ promotion, mode, pullRequest, movedAt }: PromotionView): PromotionCause {
  const since = movedAt === undefined ? {} : { since: movedAt };
  if (pullRequest?.state === "Open") {
    const message = `pull request #${pullRequest.number} (${pullRequest.url}) is not merged yet`;
    return {
      ...{ reason: "PullRequestOpen", message, ...since },
      who: `whoever may merge it at ${pullRequest.provider}`,
      next: `merge ${pullRequest.url}, or end the promotion with: sluice promotion abort ${promotion}`,
    };
  }
  const message =
    mode === "pin" ? "its applications are being set to the release" : "the release is being written to Git";
  return { reason: "Moving", message, ...since, who: OPERATORS, next: `sluice promotion get ${promotion}` };
}

function syncCauses({ pipeline }: PromotionWhyInput, promotion: PromotionView): PromotionCause[] {
  const { targets, waves } = promotion;
  const wave = waves.at(-1);
  const causes = targets
    .filter(({ state }) => state !== "Promoted")
    .toSorted((a, b) => Number(a.state !== "Failed") - Number(b.state !== "Failed"))
    .map(({ application, state, message, wave: at }): PromotionCause => {
      const what = state === "Failed" ? "failed" : "is being synced, or is not healthy yet";
      return {
        reason: state === "Failed" ? "ApplicationFailed" : "ApplicationSyncing",
        message: `wave ${at + 1}: Application ${application} ${what}${message === undefined ? "" : `: ${message}`}`,
        application,
        who: "whoever owns the application",
        next: `sluice why ${application}`,
      };
    });
  if (causes.length > 0) return causes;
  const spec = pipeline.spec.stages.find(({ name }) => name === promotion.stage);
  const pause = wave ? spec?.waves?.[wave.wave]?.pause : undefined;
  const next = `sluice promotion get ${promotion.promotion}`;
  if (wave?.completedAt !== undefined && pause !== undefined) {
    const until = new Date(Date.parse(wave.completedAt) + durationMs(pause)).toISOString();
    const message = `wave ${wave.wave + 1} has to stay healthy for ${pause} before the next one begins`;
    return [{ reason: "WavePause", message, since: wave.completedAt, until, who: OPERATORS, next }];
  }
  return [{ reason: "Syncing", message: "its next wave is about to begin", who: OPERATORS, next }];
}

function verifying(promotion: PromotionView): Found {
  const own = promotion.verifications.filter(({ gate }) => gate === undefined);
  const run = own.at(-1);
  const next = `sluice promotion get ${promotion.promotion}`;
  if (!run) {
    const message = "its verification is about to begin";
    return { standing: "Working", causes: [{ reason: "Verifying", message, who: OPERATORS, next }] };
  }
  if (run.phase === "Inconclusive" && !run.judged) {
    return { standing: "Undecided", causes: [judgeCause(promotion.promotion, run)] };
  }
  const metrics = run.metrics.length > 0 ? run.metrics : [];
  const newest = run.measurements[0];
  const measured = newest
    ? `; ${newest.metric} measured ${newest.phase}${newest.value === undefined ? "" : ` at ${newest.value}`} last`
    : "";
  const message = `verification ${run.run} is ${run.phase}, with ${metrics.length} metrics decided${measured}`;
  return {
    standing: "Working",
    causes: [{ reason: "Verifying", message, since: run.startedAt, who: "nobody: it is measured", next }],
  };
}

const judgeCause = (promotion: string, { run, gate, message, endedAt }: VerificationView): PromotionCause => ({
  reason: "VerificationInconclusive",
  message: `verification ${run} can't tell by itself${message === undefined ? "" : `: ${message}`}`,
  ...(gate !== undefined && { gate }),
  ...(endedAt !== undefined && { since: endedAt }),
  who: OPERATORS,
  next: `sluice promotion judge ${promotion} --verdict successful --reason "..."`,
});

function ended(promotion: PromotionView, { pipeline, promotions }: PromotionWhyInput): Found {
  const { stage, result, endedAt, code, message, rejected, abortedBy, supersededBy, left = [] } = promotion;
  const since = endedAt === undefined ? {} : { since: endedAt };
  const again = `sluice promote ${pipeline.name} ${stage} ${promotion.release.slice(0, 12)}`;
  const leftText = leftover(left);
  switch (result) {
    case "Failed": {
      const undone = promotions.find(({ undoes }) => undoes === promotion.promotion);
      const told = `${message ?? "it failed"}${leftText}`;
      const causes = [
        {
          reason: code ?? "Failed",
          message: told,
          ...since,
          who: OPERATORS,
          next: undone ? `sluice why ${undone.promotion}` : again,
        },
      ];
      return { standing: "Failed", causes };
    }
    case "Aborted": {
      const by = rejected
        ? `${rejected.by.name} rejected it at gate ${rejected.gate}: ${rejected.reason}`
        : `${abortedBy?.name ?? "somebody"} ended it${message === undefined ? "" : `: ${message}`}`;
      const reason = rejected ? "Rejected" : "Aborted";
      return {
        standing: "Aborted",
        causes: [{ reason, message: `${by}${leftText}`, ...since, who: OPERATORS, next: again }],
      };
    }
    case "Superseded": {
      const by = supersededBy === undefined ? "a newer one" : `promotion ${supersededBy}`;
      const next = supersededBy === undefined ? again : `sluice why ${supersededBy}`;
      return {
        standing: "Superseded",
        causes: [
          {
            reason: "Superseded",
            message: `${by} took its place before it began to move`,
            ...since,
            who: OPERATORS,
            next,
          },
        ],
      };
    }
    case "Succeeded":
    case undefined:
      return { standing: "Done", causes: [] };
  }
}

const MOST_LEFT = 5;

/** What an ended promotion left its stage in. */
function leftover(left: NonNullable<PromotionView["left"]>): string {
  if (left.length === 0) return "";
  const some = left
    .slice(0, MOST_LEFT)
    .map(
      ({ application, release, state }) =>
        `${application} ${state}${release === null ? "" : ` at ${release.slice(0, 12)}`}`,
    );
  return `; it left ${some.join(", ")}${left.length > some.length ? ` and ${left.length - some.length} more` : ""}`;
}

/** Why nothing moves into a stage, or what holds what does. */
export function whyStage(input: PromotionWhyInput): PromotionWhy {
  const { pipeline, stage, promotions, aliasOf } = input;
  const view = pipeline.stages.find(({ name }) => name === stage);
  const open = view?.running ?? view?.queue[0];
  const under = promotions.find(({ promotion }) => promotion === open);
  if (under) return whyPromotion(input, under);
  const current = view?.current;
  const release = current ? { release: current.release, alias: aliasOf(current.release) } : {};
  return { pipeline: pipeline.name, stage, ...release, ...idle(input), gates: [] };
}

function idle(input: PromotionWhyInput): Found {
  const { pipeline, stage, line } = input;
  const view = pipeline.stages.find(({ name }) => name === stage);
  const stages: [Standing, PromotionCause[]][] = [
    ["Stopped", lineCauses(line)],
    ["Paused", stagePause(pipeline, stage)],
    ["Held", heldCauses(input)],
    ["Failed", lastCauses(input)],
  ];
  const standing = stages.find(([, causes]) => causes.length > 0)?.[0] ?? (view?.current ? "Done" : "Empty");
  return { standing, causes: [...stages.flatMap(([, causes]) => causes), ...excludedCauses(input), ...waysIn(input)] };
}

function heldCauses({ pipeline, stage, aliasOf }: PromotionWhyInput): PromotionCause[] {
  const held = pipeline.stages.find(({ name }) => name === stage)?.held;
  if (!held) return [];
  const why = held.reason === undefined ? "" : `: ${held.reason}`;
  return [
    {
      reason: "StageHeld",
      message: `${held.by.name} holds it at ${aliasOf(held.release)}${why}; nothing automatic changes it`,
      since: held.at,
      who: OPERATORS,
      next: `sluice stage release ${pipeline.name} ${stage}`,
    },
  ];
}

/** The newest promotion did not succeed, and nothing came after it. */
function lastCauses(input: PromotionWhyInput): PromotionCause[] {
  const { pipeline, stage, promotions } = input;
  const last = pipeline.stages.find(({ name }) => name === stage)?.last;
  if (!last || last.result === "Succeeded" || last.result === "Superseded") return [];
  const promotion = promotions.find((one) => one.promotion === last.promotion);
  if (promotion) return ended(promotion, input).causes;
  const message = `promotion ${last.promotion} ended as ${last.result}`;
  return [
    { reason: last.result, message, since: last.at, who: OPERATORS, next: `sluice promotion get ${last.promotion}` },
  ];
}

const MOST_EXCLUDED = 3;

const excludedCauses = ({ pipeline, stage, aliasOf }: PromotionWhyInput): PromotionCause[] =>
  (pipeline.stages.find(({ name }) => name === stage)?.excluded ?? [])
    .toSorted((a, b) => (a.at < b.at ? 1 : -1))
    .slice(0, MOST_EXCLUDED)
    .map(({ release, reason, by, at }) => ({
      reason: "ReleaseExcluded",
      message: `${aliasOf(release)} does not come here by itself any more (${reason}, by ${by.name})`,
      since: at,
      who: OPERATORS,
      next: `sluice stage readmit ${pipeline.name} ${stage} ${release.slice(0, 12)}`,
    }));

/** How the next release gets here. */
function waysIn({ pipeline, stage, releases }: PromotionWhyInput): PromotionCause[] {
  const { name, spec } = pipeline;
  if (releases === 0) {
    const message = `ReleaseSource ${spec.releaseSource} has made no release yet`;
    const who = "whoever owns what it looks at";
    return [{ reason: "NoRelease", message, who, next: `sluice release refresh ${spec.releaseSource}` }];
  }
  const before = stagesBefore(spec, stage);
  const own = spec.stages.find((one) => one.name === stage);
  if (own?.automatic === "never") {
    const message = "releases come here only by hand: automatic is never";
    return [{ reason: "OnlyByHand", message, who: OPERATORS, next: `sluice promote ${name} ${stage}` }];
  }
  const current = pipeline.stages.find((one) => one.name === stage)?.current;
  if (current || before.length === 0) return [];
  const message = `no release was verified in ${before.join(own?.afterAny ? " or " : " and ")} yet`;
  return [{ reason: "NoneVerified", message, who: OPERATORS, next: `sluice why ${name}/${before[0]}` }];
}
