import { refusedRepoPath } from "./repo-path.ts";

/** A submodule as a `.gitmodules` file names it. */
export interface Submodule {
  /** Directory of the repository, without a slash behind. */
  path: string;
  /** As written: an address, or relative to the address of the repository. */
  url: string;
}

/** The submodules of a `.gitmodules` file (git-config syntax) by path. Sections without path or url, and paths that leave the repository, are left out. */
export function parseGitmodules(text: string): Submodule[] {
  const found = new Map<string, { path?: string; url?: string }>();
  let section: { path?: string; url?: string } | undefined;
  for (const line of unfolded(text)) {
    const head = /^\s*\[\s*([A-Za-z0-9.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]\s*(.*)$/.exec(line);
    if (head) section = sectionOf(found, head[1]!, head[2]);
    const entry = /^\s*([A-Za-z][A-Za-z0-9-]*)\s*=\s*(.*)$/.exec(head ? head[3]! : line);
    if (!entry || section === undefined) continue;
    const name = entry[1]!.toLowerCase();
    if (name === "path" || name === "url") section[name] = valueOf(entry[2]!);
  }
  return [...found.values()].flatMap(({ path = "", url = "" }) => {
    const clean = path.replace(/\/+$/, "");
    return clean === "" || url === "" || !isPlain(clean) ? [] : [{ path: clean, url }];
  });
}

const isPlain = (path: string): boolean =>
  refusedRepoPath(path) === undefined && path.split("/").every((part) => part !== "" && part !== "." && part !== "..");

function sectionOf(
  found: Map<string, { path?: string; url?: string }>,
  kind: string,
  name: string | undefined,
): { path?: string; url?: string } | undefined {
  if (kind.toLowerCase() !== "submodule" || name === undefined) return undefined;
  const key = name.replace(/\\(.)/g, "$1");
  const section = found.get(key) ?? {};
  found.set(key, section);
  return section;
}

/** Lines, those that end in a backslash joined with the next. */
const unfolded = (text: string): string[] => text.replace(/\\\r?\n/g, "").split(/\r?\n/);

const ESCAPES: Record<string, string> = { n: "\n", t: "\t", b: "\b" };

/** A value with its quotes and escapes resolved, its comment and the space around it left out. */
function valueOf(written: string): string {
  let value = "";
  let kept = 0;
  let quoted = false;
  for (let at = 0; at < written.length; at += 1) {
    const char = written[at]!;
    if (char === '"') quoted = !quoted;
    else if (!quoted && (char === "#" || char === ";")) break;
    else if (char === "\\") {
      at += 1;
      value += ESCAPES[written[at] ?? ""] ?? written[at] ?? "";
    } else value += char;
    if (quoted || !/\s/.test(char)) kept = value.length;
  }
  return value.slice(0, kept);
}

/**
 * The address of a submodule: itself, or relative to the address of its repository when it begins with `./` or `../`, as git-submodule
 * has it. Undefined when it goes above what the repository's host holds.
 */
export function submoduleURL(parent: string, url: string): string | undefined {
  if (!/^\.\.?\//.test(url)) return url;
  const [, place, path] = /^([A-Za-z][A-Za-z0-9+.-]*:\/\/[^/]*\/|[^/:]+:)(.*)$/.exec(parent.trim()) ?? [];
  if (place === undefined || path === undefined) return undefined;
  const segments = path.split("/").filter(Boolean);
  const rest = url.split("/").filter(Boolean);
  for (const part of rest) {
    if (part === ".") continue;
    if (part !== "..") segments.push(part);
    else if (segments.pop() === undefined) return undefined;
  }
  return `${place}${segments.join("/")}`;
}
