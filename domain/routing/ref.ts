import { classifyTarget, refusedRef } from "../source/revision.ts";
import { parseRange, parseVersion } from "../source/semver-range.ts";

/** Whether a text is a full ref such as `refs/heads/main` that git would take. */
export const isFullRef = (ref: string): boolean => /^refs\/[^/]+\/./.test(ref) && refusedRef(ref) === undefined;

/** Whether a targetRevision stands for itself whatever moves. */
export const isCommit = (targetRevision: string): boolean => classifyTarget(targetRevision).kind === "commit";

const TAGS = "refs/tags/";

/**
 * Whether an application with this targetRevision can be concerned when a ref moves, comes or goes. Never false for one that is:
 * HEAD follows any branch unless the default one is given. The ref `*` stands for any.
 */
export function tracks(targetRevision: string, ref: string, defaultBranch?: string): boolean {
  const target = classifyTarget(targetRevision);
  switch (target.kind) {
    case "commit":
      return false;
    case "head":
      return ref === "*" || ref === "HEAD" || (defaultBranch ? ref === defaultBranch : ref.startsWith("refs/heads/"));
    case "name":
      return ref === "*" || namesOf(target.name).includes(ref);
    case "range":
      return ref === "*" || (ref.startsWith(TAGS) && fits(target.range, ref.slice(TAGS.length)));
  }
}

const namesOf = (name: string): string[] =>
  name.startsWith("refs/") ? [name] : [`refs/heads/${name}`, `refs/tags/${name}`, `refs/${name}`];

function fits(range: string, tag: string): boolean {
  const version = parseVersion(tag);
  return version !== undefined && parseRange(range)?.(version) === true;
}
