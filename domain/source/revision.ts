import { compareVersions, parseRange, parseVersion } from "./semver-range.ts";

/** What a target revision means before anything was read: a commit, the default branch, a range of versions, or a name. */
export type Target =
  | { kind: "commit"; commit: string }
  | { kind: "head" }
  | { kind: "range"; range: string }
  | { kind: "name"; name: string };

/** A full commit id: 40 or 64 hex digits. */
export const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** How a commit id begins: at least 7 hex digits, as git prints it. */
export const ABBREVIATED = /^[0-9a-f]{7,63}$/;

/** What a resolved target is: the commit, and the ref it was found under (the commit itself when it was given as one). */
export interface Resolved {
  revision: string;
  ref: string;
}

/** What a target revision means. A plain version such as `v1.2.3` is a name; only what has a range's signs is a range. */
export function classifyTarget(targetRevision: string): Target {
  const text = targetRevision.trim();
  if (text === "" || text === "HEAD") return { kind: "head" };
  if (COMMIT.test(text.toLowerCase())) return { kind: "commit", commit: text.toLowerCase() };
  if (!parseVersion(text) && looksLikeRange(text)) return { kind: "range", range: text };
  return { kind: "name", name: text };
}

const looksLikeRange = (text: string): boolean =>
  parseRange(text) !== undefined && (/[<>=~^*|,]/.test(text) || /(?:^|\.)[xX*](?:\.|$)/.test(text) || / - /.test(text));

/** Why git would not take a ref's name (its check-ref-format rules, and no option); undefined when it would. */
export function refusedRef(ref: string): string | undefined {
  if (ref === "" || ref === "@") return "it is empty";
  if (ref.length > 255) return "it is longer than 255 characters";
  if (ref.startsWith("-")) return "it begins with `-`, as an option does";
  if (/[\u0000-\u0020\u007f~^:?*[\\]/.test(ref)) return "it has a space, a control character or one of ~ ^ : ? * [ \\";
  if (ref.includes("..") || ref.includes("@{") || ref.includes("//")) return "it has `..`, `@{` or `//` in it";
  if (ref.startsWith("/") || ref.endsWith("/") || ref.endsWith("."))
    return "it begins or ends with `/`, or ends with `.`";
  if (ref.split("/").some((part) => part.startsWith(".") || part.endsWith(".lock"))) {
    return "a part of it begins with `.` or ends with `.lock`";
  }
  return undefined;
}

/**
 * The commit of a target among the refs a repository advertises (annotated tags under `<ref>^{}` peeled). A branch wins over a tag
 * of the same name unless the full ref is given; of a range's tags the highest version wins. Undefined when there is none.
 */
export function pickRevision(target: Target, refs: ReadonlyMap<string, string>): Resolved | undefined {
  switch (target.kind) {
    case "commit":
      return { revision: target.commit, ref: target.commit };
    case "head":
      return found("HEAD", refs);
    case "name":
      return pickName(target.name, refs);
    case "range":
      return pickRange(target.range, refs);
  }
}

const peeled = (ref: string, refs: ReadonlyMap<string, string>): string | undefined =>
  refs.get(`${ref}^{}`) ?? refs.get(ref);

function found(ref: string, refs: ReadonlyMap<string, string>): Resolved | undefined {
  const revision = peeled(ref, refs);
  return revision === undefined ? undefined : { revision, ref };
}

function pickName(name: string, refs: ReadonlyMap<string, string>): Resolved | undefined {
  const candidates = name.startsWith("refs/") ? [name] : [`refs/heads/${name}`, `refs/tags/${name}`, `refs/${name}`];
  for (const ref of candidates) {
    const resolved = found(ref, refs);
    if (resolved) return resolved;
  }
  return undefined;
}

function pickRange(range: string, refs: ReadonlyMap<string, string>): Resolved | undefined {
  const fits = parseRange(range);
  if (!fits) return undefined;
  const tags = [...refs.keys()]
    .filter((ref) => ref.startsWith("refs/tags/") && !ref.endsWith("^{}"))
    .map((ref) => ({ ref, version: parseVersion(ref.slice("refs/tags/".length)) }))
    .filter(({ version }) => version !== undefined && fits(version));
  tags.sort((a, b) => compareVersions(b.version!, a.version!) || (a.ref < b.ref ? -1 : 1));
  return tags[0] && found(tags[0].ref, refs);
}
