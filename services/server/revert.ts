import type { RevertDeps } from "../../activities/revert.ts";
import { type CommitSeals, createCommits } from "../../adapters/git/commit.ts";
import type { Mirrors } from "../../adapters/git/mirrors.ts";
import { collect } from "../../adapters/renderers/collect.ts";
import { DEFAULT_LIMITS } from "../../adapters/renderers/limits.ts";
import type { SourceTree } from "../../domain/source/tree.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { Source } from "../../schemas/kinds/source.ts";

/** Files named in an event. */
const MOST_NAMED = 20;

/** Commits that bring the content of an earlier revision back, over the mirrors of this process. */
export function revertCommits(mirrors: Mirrors, seals: CommitSeals): RevertDeps["commits"] {
  const { push } = createCommits({ mirrors, seals });
  return {
    async revert({ application, source, branch: named, revision, operation, actor, at }) {
      const { repoURL, path } = source;
      const own = await mirrors.branchOf(repoURL, source.targetRevision);
      const branch = named ?? own;
      if (branch === undefined) throw noBranch(source);
      const old = await mirrors.ensure(repoURL, revision);
      try {
        const entry = await old.entry(path);
        if (entry?.type !== "tree") {
          throw new SluiceError("RevisionNotFound", `${path} is no directory at ${revision.slice(0, 12)}.`);
        }
        const pushed = await push({
          ...{ repoURL, branch, operation, at, changes: new Map([[path, { tree: entry.oid }]]) },
          ...(own !== undefined && { base: own }),
          message: `Revert ${application} to ${revision.slice(0, 12)}\n\nRolled back by ${actor}.`,
          author: { name: actor, email: "sluice@sluice.dev" },
        });
        const outside = await differingOutside(mirrors, source, { old, commit: pushed.commit });
        return { ...pushed, ...(outside.length > 0 && { outside }) };
      } finally {
        old.close();
      }
    },
  };
}

const noBranch = ({ targetRevision, repoURL }: Source): SluiceError =>
  new SluiceError("InvalidInput", `${targetRevision} is no branch of ${repoURL}, so there is nothing to commit to.`, {
    next: "name the branch with --branch",
  });

/** Files that the application reads beside its own directory and that are not again what they were: others may read them too. */
async function differingOutside(
  mirrors: Mirrors,
  source: Source,
  { old, commit }: { old: SourceTree; commit: string },
): Promise<string[]> {
  const now = await mirrors.ensure(source.repoURL, commit);
  try {
    const { files, root } = await collect(source, old, DEFAULT_LIMITS);
    const outside = [...files].filter(([path]) => root !== "" && !path.startsWith(`${root}/`));
    const found = await now.entries(outside.map(([path]) => path));
    return outside.flatMap(([path, oid], index) => (found[index]?.oid === oid ? [] : [path])).slice(0, MOST_NAMED);
  } finally {
    now.close();
  }
}
