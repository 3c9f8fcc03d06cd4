import type { Actor } from "../../schemas/operation.ts";
import type { ReleaseView } from "../../schemas/promotion-views.ts";
import type { ReleaseSummary } from "../release/state.ts";

/**
 * Whose work a promotion brings in, as names and addresses: who wrote a commit of the release or of one between what the stage runs and it,
 * and who pushed or made it. `releases` are those of the source, oldest first.
 */
export function authorsBrought(
  releases: readonly ReleaseSummary[],
  { from, release }: { from?: string | undefined; release: Pick<ReleaseView, "release" | "commits" | "by"> },
): string[] {
  const to = releases.findIndex((one) => one.release === release.release);
  const since = releases.findIndex((one) => one.release === from);
  // A step back brings nothing of those between; before the first promotion nothing is known of what was there.
  const between =
    since >= 0 && since < to ? releases.slice(since + 1, to + 1) : releases.slice(Math.max(to, 0), to + 1);
  const own = release.commits.flatMap(({ author }) => [author.name, author.email]);
  return [...new Set([...between.flatMap(({ authors }) => authors), ...own, ...named(release.by)])];
}

/** The name of a person or of a webhook's sender; Sluice itself is nobody's alias. */
export const named = ({ kind, name }: Actor): string[] => (kind === "system" ? [] : [name]);
