import type { FindTargets, MovedTo, MovingTarget } from "./moving.ts";
import { type FindRelease, type Promoting, releaseOf } from "./pipelines.ts";

export interface TargetsOfDeps {
  findTargets: FindTargets;
  findRelease: FindRelease;
}

/** The targets of a promotion in all waves, with what is pinned in them. */
export type TargetsOf = (
  pipeline: string,
  found: Promoting,
  options?: { anew: true },
) => Promise<readonly MovingTarget[]>;

/** Promotions whose targets are kept. */
const KEPT = 100;

/**
 * What `findTargets` says, kept while a promotion runs: its digests are of files, and asking anew for each application of a wave would
 * read them all again. Another process, or this one after a restart, finds the same.
 */
export function createTargetsOf({ findTargets, findRelease }: TargetsOfDeps): TargetsOf {
  const kept = new Map<string, readonly MovingTarget[]>();
  return async (pipeline, found, options) => {
    const { spec, stage, promotion } = found;
    const key = `${pipeline}/${promotion.promotion}`;
    const known = kept.get(key);
    if (known && !options?.anew) return known;
    const release = await releaseOf(findRelease, found);
    const at = movedTo(found);
    const targets = await findTargets({
      ...{ pipeline, spec, stage: stage.name, release, promotion: promotion.promotion },
      ...(at && { at }),
    });
    kept.delete(key);
    kept.set(key, targets);
    for (const oldest of kept.keys()) {
      if (kept.size <= KEPT) break;
      kept.delete(oldest);
    }
    return targets;
  };
}

/** Where the content is that was committed for a promotion; undefined where it is pinned. A pull request's is on its base branch by now. */
export function movedTo({ promotion, stage }: Pick<Promoting, "promotion" | "stage">): MovedTo | undefined {
  const { mode, commit, pullRequest } = promotion;
  if (mode === "pin" || !commit) return undefined;
  const { repoURL } = commit;
  const branch = stage.promotion.commit?.branch ?? commit.branch;
  return { repoURL, branch, commit: pullRequest?.mergeCommit ?? commit.commit };
}
