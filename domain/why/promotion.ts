import { durationMs } from "../../schemas/duration.ts";
import type { Line, PromotionWhy } from "../../schemas/api/promotion-routes.ts";
import type { PipelineView, PromotionView, VerificationView } from "../../schemas/promotion-views.ts";
import { ended } from "./ended.ts";
import { gateCauses, OPERATORS, type PromotionCause } from "./gate.ts";
import { gatesNow } from "./gates-now.ts";
import { toleratedCauses } from "./mixed.ts";
import { lineCauses, pauseCauses } from "./paused.ts";

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

/** Whether a promotion has ended, one way or another. */
export const isOver = ({ phase }: Pick<PromotionView, "phase">): boolean => phase === "Ended";

/** Why a promotion has not ended well yet: what stops everything first, then what holds this one, then what it is at. */
export function whyPromotion(input: PromotionWhyInput, seen: PromotionView): PromotionWhy {
  const promotion = { ...seen, gates: gatesNow(seen, input) };
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
  const { stopped } = input.line;
  // A rollback does not wait for the line.
  const line = promotion.trigger.type === "rollback" ? [] : lineCauses(input.line);
  const stopping = [...line, ...pauseCauses(input, promotion)];
  const found = phaseCauses(input, promotion);
  const at = { ...found, causes: [...troubleCauses(input, promotion), ...found.causes] };
  const isHeldOnly = stopping.every(({ reason }) => reason === "StageHeld");
  const standing = stopped && line.length > 0 ? "Stopped" : isHeldOnly ? "Held" : "Paused";
  return { standing: stopping.length > 0 ? standing : at.standing, causes: [...stopping, ...at.causes] };
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
      return withTolerated(verifying(promotion), promotion);
    case "Ended":
      return { standing: "Done", causes: [] };
  }
}

const withTolerated = ({ standing, causes }: Found, promotion: PromotionView): Found => ({
  standing,
  causes: [...causes, ...toleratedCauses(promotion)],
});

function queueCauses({ pipeline, promotions, aliasOf }: PromotionWhyInput, promotion: PromotionView): PromotionCause[] {
  const view = pipeline.stages.find(({ name }) => name === promotion.stage);
  const running = promotions.find((one) => one.promotion === view?.running);
  const before = Math.max(0, view?.queue.indexOf(promotion.promotion) ?? 0);
  const others = before > 0 ? `, and ${before} more before it` : "";
  const message = running
    ? `it waits behind promotion ${running.promotion} of ${aliasOf(running.release)}, which is ${running.phase}${others}`
    : `it is about to begin${others}`;
  const next = running ? `sluice why ${running.promotion}` : `sluice promotion get ${promotion.promotion}`;
  return [{ reason: running ? "Queued" : "Beginning", message, since: promotion.requestedAt, who: OPERATORS, next }];
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
