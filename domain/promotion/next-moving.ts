import { durationMs } from "../../schemas/duration.ts";
import { verificationRunId } from "./id.ts";
import { leftBy } from "./left.ts";
import { measuring } from "./next-waiting.ts";
import { stageOf } from "./change.ts";
import type { PromotionState, TargetState } from "./state.ts";
import { lookOf, type Next, type Taken, textOf, untilFirst } from "./step.ts";
import { targetsOf, wavesOf } from "./waves.ts";

/** A pull request is looked at again after this where no webhook tells of it. */
const FOLLOW_AGAIN_MS = 60_000;
/** The same for applications, whose events wake the stage. */
const OBSERVE_AGAIN_MS = 60_000;

/** The release is brought to where the applications take it from. */
export function moving(taken: Taken): Next {
  const { promotion } = taken;
  const { promotion: id, mode, commit, pullRequest } = promotion;
  if (pullRequest?.state === "Closed") {
    return fail(taken, "PullRequestClosed", `pull request ${pullRequest.url} was closed without a merge`);
  }
  const isThere = mode === "pin" || (mode === "pullRequest" ? isMerged(promotion) : commit !== undefined);
  if (isThere) return startWave(taken, 0);
  if (mode === "pullRequest" && pullRequest) return following(taken);
  return timeout(taken) ?? pausedBy(taken) ?? { do: "move", promotion: id };
}

/** Where the branch has it all already there is nothing to merge. */
const isMerged = ({ commit, pullRequest }: PromotionState): boolean =>
  pullRequest ? pullRequest.state === "Merged" : commit?.result === "unchanged";

/** People take their time to merge: the stage's limit begins once they have. */
function following(taken: Taken): Next {
  const { promotion, now } = taken;
  const look = lookOf(taken, "followPullRequest");
  if (!look) return { do: "followPullRequest", promotion: promotion.promotion };
  const until = look.again ?? textOf(Date.parse(now) + FOLLOW_AGAIN_MS);
  return { do: "wait", why: `waits for ${promotion.pullRequest?.url}`, promotion: promotion.promotion, until };
}

/** Wave by wave the applications become Synced and Healthy. */
export function syncing(taken: Taken): Next {
  const { promotion } = taken;
  const failure = tooManyUnhealthy(taken);
  if (failure) return failure;
  const open = promotion.waves.find(({ completedAt }) => completedAt === undefined);
  if (open) return observing(taken, open.wave);
  const done = promotion.waves.length;
  if (done < wavesOf(taken.configured, promotion).length) return startWave(taken, done);
  return verification(taken);
}

function observing(taken: Taken, wave: number): Next {
  const { promotion, now } = taken;
  const { promotion: id } = promotion;
  const targets = targetsOf(promotion, wave);
  const missing = targets.filter(({ state }) => state === "Syncing");
  if (missing.length === 0) {
    const unhealthy = targets.filter(({ state }) => state === "Failed").map(({ application }) => application);
    return {
      do: "completeWave",
      promotion: id,
      command: { type: "CompleteWave", promotion: id, wave, unhealthy, at: now },
    };
  }
  const look = lookOf(taken, "observe");
  if (!look) return { do: "observe", promotion: id };
  const over = timeout(taken);
  if (over) return over;
  const why = `wave ${wave + 1} waits for ${named(missing.map(({ application }) => application))}`;
  const again = textOf(Date.parse(now) + OBSERVE_AGAIN_MS);
  return { do: "wait", why, promotion: id, ...untilFirst(deadline(taken), look.again ?? again) };
}

/** The next wave, once the one before has stayed healthy for as long as it has to, and nothing holds the promotion. */
function startWave(taken: Taken, wave: number): Next {
  const { promotion, configured, now } = taken;
  const { promotion: id } = promotion;
  const held = pausedBy(taken) ?? lineStopped(taken);
  if (held) return held;
  const before = promotion.waves.at(-1);
  const pause = before && wavesOf(configured, promotion)[before.wave]?.pause;
  if (before?.completedAt !== undefined && pause !== undefined) {
    const until = textOf(Date.parse(before.completedAt) + durationMs(pause));
    if (Date.parse(until) > Date.parse(now)) {
      return {
        do: "wait",
        why: `wave ${wave + 1} begins when the one before was healthy for ${pause}`,
        promotion: id,
        until,
      };
    }
  }
  return { do: "startWave", promotion: id, wave };
}

function verification(taken: Taken): Next {
  const { promotion, configured, now } = taken;
  const { promotion: id } = promotion;
  if (!configured.verification) {
    return { do: "succeed", promotion: id, command: { type: "Succeed", promotion: id, at: now } };
  }
  const runs = promotion.verifications.filter(({ gate }) => gate === undefined);
  const run = verificationRunId(id, undefined, runs.length + 1);
  const command = { type: "StartVerification", promotion: id, run, at: now } as const;
  return { do: "startVerification", promotion: id, command };
}

/** What the stage's verification came to: good, bad, not to be measured, or for a person to judge. */
export function verifying(taken: Taken): Next {
  const { promotion, now } = taken;
  const { promotion: id } = promotion;
  const failure = tooManyUnhealthy(taken);
  if (failure) return failure;
  const run = promotion.verifications.findLast(({ gate }) => gate === undefined);
  const verdict = run?.judged?.verdict ?? run?.phase;
  const why = run?.message === undefined ? "" : `: ${run.message}`;
  switch (verdict) {
    case "Successful":
      return { do: "succeed", promotion: id, command: { type: "Succeed", promotion: id, at: now } };
    case "Failed":
      return fail(
        taken,
        "VerificationFailed",
        run?.judged ? `${run.judged.by.name} judged it failed` : `it failed${why}`,
      );
    case "Error":
      return fail(taken, "VerificationError", `it could not be measured${why}`);
    case "Inconclusive":
      return { do: "wait", why: `verification ${run?.run} told nothing: a person has to judge it`, promotion: id };
    case "Running":
      return measuring(taken, run!)!;
    case "Again":
    case undefined:
      return verification(taken);
  }
}

/** In each wave so many may fail as it says, whenever they do. */
function tooManyUnhealthy(taken: Taken): Next | undefined {
  const { promotion, configured } = taken;
  const limits = wavesOf(configured, promotion);
  for (const { wave } of promotion.waves) {
    const failed = targetsOf(promotion, wave).filter(({ state }) => state === "Failed");
    if (failed.length <= (limits[wave]?.maxUnhealthy ?? 0)) continue;
    const [first] = failed as [TargetState];
    const rest = failed.length > 1 ? ` (and ${failed.length - 1} more)` : "";
    return fail(taken, codeOf(failed), `${first.application}: ${first.message ?? first.reason}${rest}`);
  }
  return undefined;
}

const codeOf = (failed: readonly TargetState[]): string =>
  failed.every(({ reason }) => reason === "HealthDegraded") ? "HealthDegraded" : "SyncFailed";

/** Pauses hold what would change the stage further; what is under way there goes on and is looked at. */
function pausedBy({ state, promotion }: Taken): Next | undefined {
  const { promotion: id, paused } = promotion;
  if (paused) return { do: "wait", why: `${paused.by.name} paused the promotion`, promotion: id };
  const stage = stageOf(state, promotion.stage).paused;
  return stage && { do: "wait", why: `${stage.by.name} paused the stage: ${stage.reason}`, promotion: id };
}

function lineStopped({ line, promotion }: Taken): Next | undefined {
  if (!line?.stopped || promotion.trigger.type === "rollback") return undefined;
  if (promotion.skipped?.gates.includes("stopTheLine")) return undefined;
  return { do: "wait", why: "the line is stopped: no further wave begins", promotion: promotion.promotion };
}

/** RFC 3339: when the stage's limit is over. Pauses don't count, also those between waves, and a pull request not before it is merged. */
function deadline({ promotion, configured }: Taken): string | undefined {
  const { movedAt, pullRequest, pausedMs } = promotion;
  const since = pullRequest?.mergedAt ?? movedAt;
  if (since === undefined) return undefined;
  return textOf(Date.parse(since) + durationMs(configured.timeout) + pausedMs + betweenWaves(promotion));
}

const betweenWaves = ({ waves }: PromotionState): number =>
  waves.reduce((sum, { startedAt }, index) => {
    const before = waves[index - 1]?.completedAt;
    return before === undefined ? sum : sum + Math.max(0, Date.parse(startedAt) - Date.parse(before));
  }, 0);

function timeout(taken: Taken): Next | undefined {
  const end = deadline(taken);
  if (end === undefined || taken.promotion.paused || Date.parse(end) > Date.parse(taken.now)) return undefined;
  const missing = Object.values(taken.promotion.targets).filter(({ state }) => state === "Syncing");
  const what = missing.length === 0 ? "" : ` without ${named(missing.map(({ application }) => application))}`;
  return fail(taken, "Timeout", `the stage's limit of ${taken.configured.timeout} is over${what}`);
}

const named = (names: readonly string[]): string =>
  names.slice(0, 5).join(", ") + (names.length > 5 ? ` and ${names.length - 5} more` : "");

function fail({ state, promotion, now }: Taken, code: string, message: string): Next {
  const { promotion: id } = promotion;
  const left = leftBy(state, promotion);
  return { do: "fail", promotion: id, command: { type: "Fail", promotion: id, code, message, left, at: now } };
}
