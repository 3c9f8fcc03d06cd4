import type { Effort } from "../../domain/pattern/pattern.ts";
import { selectTags } from "../../domain/release/select-tag.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { GitSubscription } from "../../schemas/kinds/release-source.ts";
import type { ReleasedCommit } from "../../schemas/promotion.ts";
import type { HistoryPort, Paths } from "./ports.ts";

type Found = Omit<ReleasedCommit, "subscription">;

/** The newest commit of a subscription, or the one that a chosen revision stands for. Throws RevisionNotFound when there is none. */
export async function findCommit(
  history: HistoryPort,
  subscription: GitSubscription,
  { chosen, effort }: { chosen?: string | undefined; effort: Effort },
): Promise<Found> {
  const { repoURL } = subscription;
  if (chosen !== undefined) {
    const commit = await history.resolve(repoURL, chosen);
    const tagged = (await history.tags(repoURL)).get(chosen) === commit;
    return { repoURL, commit, ...(tagged && { tag: chosen }) };
  }
  return subscription.strategy === "NewestFromBranch"
    ? await fromBranch(history, subscription)
    : await fromTag(history, subscription, effort);
}

/** The paths by which commits count. */
export const pathsOf = ({ includePaths, excludePaths }: GitSubscription): Paths => ({
  include: includePaths,
  exclude: excludePaths,
});

async function fromBranch(history: HistoryPort, subscription: GitSubscription): Promise<Found> {
  const { repoURL, branch, includePaths = [], excludePaths = [] } = subscription;
  const head = await history.resolve(
    repoURL,
    branch === "HEAD" ? branch : `refs/heads/${branch.replace(/^refs\/heads\//, "")}`,
  );
  const whole = includePaths.length === 0 && excludePaths.length === 0;
  const commit = whole ? head : await history.newest(repoURL, head, pathsOf(subscription));
  if (commit === undefined) {
    throw new SluiceError("RevisionNotFound", `No commit of ${branch} of ${repoURL} changes what includePaths names.`, {
      next: "check includePaths and excludePaths",
    });
  }
  return { repoURL, commit, ...(branch !== "HEAD" && { branch }) };
}

async function fromTag(history: HistoryPort, subscription: GitSubscription, effort: Effort): Promise<Found> {
  const { repoURL, strategy, semverConstraint, allowTags, ignoreTags } = subscription;
  const known = await history.tags(repoURL);
  const order = strategy === "SemVer" || strategy === "Lexical" ? strategy : "Any";
  const tags = selectTags([...known.keys()], { strategy: order, semverConstraint, allowTags, ignoreTags }, effort);
  if (tags.length === 0) {
    throw new SluiceError("RevisionNotFound", `None of the ${known.size} tags of ${repoURL} is asked for.`, {
      next: "check semverConstraint, allowTags and ignoreTags; a pre-release only fits a constraint that names one",
    });
  }
  if (strategy !== "NewestTag") return { repoURL, commit: known.get(tags[0]!)!, tag: tags[0] };
  const [newest] = await history.dated(repoURL, tags);
  if (newest) return { repoURL, commit: newest.commit, tag: newest.tag };
  throw new SluiceError("RevisionNotFound", `The tags of ${repoURL} are gone.`);
}
