import type { DeploymentView } from "../../schemas/promotion-views.ts";

/**
 * The four key metrics of software delivery, as DORA defines them (https://dora.dev/guides/dora-metrics-four-keys/), over the production
 * deployments of a pipeline. Times are medians in seconds; absent where nothing was there to measure.
 */
export interface DoraFigures {
  /** Days that are looked at. */
  days: number;
  /** Changes that went to production in them: moved and ended. */
  deployments: number;
  /** Successful ones a day. */
  deploymentFrequency: number;
  /** From a commit to its first success in production. */
  leadTimeSeconds?: number;
  /** Share of the changes that failed or were rolled back, 0 to 1. */
  changeFailureRate?: number;
  /** From a failure to the next success in the same stage. */
  timeToRestoreSeconds?: number;
  /** Failures that nothing has restored yet. */
  unrestored: number;
}

const DAY_MS = 86_400_000;
const seconds = (from: string, to: string): number => Math.max(0, (Date.parse(to) - Date.parse(from)) / 1_000);

/** The figures over the deployments whose end lies in the last days; rollbacks restore, they are no change of their own. */
export function doraFigures(
  deployments: readonly DeploymentView[],
  { now, days }: { now: number; days: number },
): DoraFigures {
  const since = now - days * DAY_MS;
  const ended = deployments.filter(({ endedAt }) => endedAt !== undefined && Date.parse(endedAt) > since);
  const changes = ended.filter(({ rollback, movedAt }) => !rollback && movedAt !== undefined);
  const succeeded = changes.filter(({ result }) => result === "Succeeded");
  const failed = changes.flatMap((each) => (each.failedAt === undefined ? [] : [{ ...each, failedAt: each.failedAt }]));
  const restored = failed.map((each) => restoredAt(each, deployments));
  const lead = median(succeeded.flatMap(({ endedAt, commits }) => commits.map((at) => seconds(at, endedAt!))));
  const times = failed.flatMap(({ failedAt }, index) => {
    const at = restored[index];
    return at === undefined ? [] : [seconds(failedAt, at)];
  });
  const restore = median(times);
  return {
    days,
    deployments: changes.length,
    deploymentFrequency: succeeded.length / days,
    ...(lead !== undefined && { leadTimeSeconds: lead }),
    ...(changes.length > 0 && { changeFailureRate: failed.length / changes.length }),
    ...(restore !== undefined && { timeToRestoreSeconds: restore }),
    unrestored: restored.filter((at) => at === undefined).length,
  };
}

/** When the stage was first well again after a failure: by a rollback, or by a change that did not fail itself before that end. */
function restoredAt(
  { stage, failedAt }: { stage: string; failedAt: string },
  deployments: readonly DeploymentView[],
): string | undefined {
  const after = deployments.filter(
    (each) =>
      each.stage === stage && each.result === "Succeeded" && Date.parse(each.endedAt ?? "") > Date.parse(failedAt),
  );
  return after.map(({ endedAt }) => endedAt!).toSorted((a, b) => Date.parse(a) - Date.parse(b))[0];
}

/** The middle of the values; of an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
