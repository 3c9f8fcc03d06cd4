/**
 * A path taken from inside a directory of the repository, as one from its root: `join("apps/a", "../base")` is `apps/base`,
 * "" is the root. A leading `/` is the root of the repository only where the caller says so. Undefined when it leaves the repository.
 */
export function joinRepoPath(base: string, relative: string): string | undefined {
  const segments = base === "" || base === "." ? [] : base.split("/").filter((part) => part !== "" && part !== ".");
  for (const part of relative.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      if (segments.length === 0) return undefined;
      segments.pop();
    } else segments.push(part);
  }
  return segments.join("/");
}

/** The directory a path is in, "" for the root. */
export const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));

/** The last part of a path. */
export const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** Why a path can't be one of a repository; undefined when it can. */
export function refusedRepoPath(path: string): string | undefined {
  if (/[\u0000-\u001f\u007f]/.test(path)) return "it has control characters";
  if (path.includes("\\")) return "it has a backslash";
  if (path.startsWith("/")) return "it begins with `/`; paths are relative to the root of the repository";
  if (joinRepoPath("", path) === undefined) return "it leaves the repository through `..`";
  if (path.split("/").some((part) => part.toLowerCase() === ".git")) return "it goes into `.git`";
  return undefined;
}
