/** Rules about refs and what a targetRevision follows. Pure; the repository itself is asked elsewhere. */

/** Whether a text is a full ref, by the rules of git-check-ref-format(1). At most 1,024 characters. */
export function isFullRef(ref: string): boolean {
  if (!ref.startsWith("refs/") || ref.length > 1_024 || ref.endsWith("/") || ref.endsWith(".")) return false;
  if (/[\x00-\x20\x7f~^:?*[\\]|\.\.|@\{|\/\//.test(ref)) return false;
  const parts = ref.split("/");
  return parts.length >= 3 && parts.every((part) => !part.startsWith(".") && !part.endsWith(".lock"));
}

/** Whether a targetRevision is a commit: 40 or 64 hex digits. It stands for itself whatever moves. */
export const isCommit = (targetRevision: string): boolean => /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(targetRevision);

const COMPARATOR = /^(?:\^|~>?|>=?|<=?|=|!=)?v?(?:\d+|[xX*])(?:\.(?:\d+|[xX*])){0,2}(?:[-+][0-9A-Za-z.+-]*)?$/;
const VERSION = /^v?\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]*)?$/;

/** Whether a targetRevision reads as a semver range such as `^1.2`, `1.x` or `>=1.0.0 <2`; a whole version is a name. */
export function isVersionRange(targetRevision: string): boolean {
  const trimmed = targetRevision.trim();
  if (trimmed === "" || VERSION.test(trimmed)) return false;
  const comparators = trimmed
    .replaceAll(/(\^|~>?|>=?|<=?|!?=)\s+/g, "$1")
    .split(/\s*\|\|\s*|\s*,\s*|\s+-\s+|\s+/);
  return comparators.every((comparator) => COMPARATOR.test(comparator));
}

/** Whether a tag's name (after `refs/tags/`) is a version, so that a range may take it up. */
const isVersionTag = (name: string): boolean => /^v?\d+(?:\.\d+){0,2}(?:[-+][0-9A-Za-z.+-]*)?$/.test(name);

/**
 * Whether an application with this targetRevision can be concerned when a ref moves. Never false for one that is:
 * HEAD follows any branch unless the default one is known, a range follows any version tag. `*` concerns all but commits.
 */
export function tracks(targetRevision: string, ref: string, defaultBranch?: string): boolean {
  if (isCommit(targetRevision)) return false;
  if (ref === "*") return true;
  if (targetRevision === "HEAD" || targetRevision === "") {
    return ref === "HEAD" || (defaultBranch === undefined ? ref.startsWith("refs/heads/") : ref === defaultBranch);
  }
  if (targetRevision === ref || `refs/${targetRevision}` === ref) return true;
  if (ref === `refs/heads/${targetRevision}` || ref === `refs/tags/${targetRevision}`) return true;
  if (!ref.startsWith("refs/tags/")) return false;
  return isVersionRange(targetRevision) && isVersionTag(ref.slice("refs/tags/".length));
}
