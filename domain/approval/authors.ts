import type { Actor } from "../../schemas/operation.ts";
import type { ReleaseView } from "../../schemas/promotion-views.ts";
import type { ReleaseSummary } from "../release/state.ts";

/**
 * Whose work a promotion brings in, as names and addresses: who wrote a commit of the release or of one between what the stage runs and it,
 * and who pushed or made it. `releases` are those of the source, oldest first. A step back brings what was skipped on the way as much as a
 * step ahead does, but for a release that was `verified` in this very stage.
 */
export function authorsBrought(
  releases: readonly ReleaseSummary[],
  { from, release, verified = false }: Brought,
): string[] {
  const between = releasesBetween(releases, { from, to: release.release, verified });
  const own = release.commits.flatMap(({ author }) => [author.name, author.email]);
  const all = [...between.flatMap(({ authors }) => authors), ...(release.authors ?? []), ...own, ...named(release.by)];
  return [...new Set(all)];
}

/** What a promotion brings into a stage. */
export interface Brought {
  /** What the stage runs as a whole. */
  from?: string | undefined;
  release: Pick<ReleaseView, "release" | "authors" | "commits" | "by">;
  /** Whether the stage has verified the release, and not lost it since. */
  verified?: boolean;
}

function releasesBetween(
  releases: readonly ReleaseSummary[],
  { from, to: target, verified }: { from: string | undefined; to: string; verified: boolean },
): readonly ReleaseSummary[] {
  const to = releases.findIndex(({ release }) => release === target);
  // Before the first promotion nothing is known of what was there.
  if (from === undefined) return releases.slice(Math.max(to, 0), to + 1);
  const since = releases.findIndex(({ release }) => release === from);
  // What ran can be remembered no more: then anything may have come since.
  if (since < 0) return releases;
  if (since < to) return releases.slice(since + 1, to + 1);
  return releases.slice(Math.max(to, 0), verified ? to + 1 : since + 1);
}

/** The name of a person or of a webhook's sender; Sluice itself is nobody's alias. */
export const named = ({ kind, name }: Actor): string[] => (kind === "system" ? [] : [name]);
