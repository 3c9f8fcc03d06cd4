import { joinRepoPath, refusedRepoPath } from "../../domain/source/repo-path.ts";
import type { ListedEntry, SourceTree } from "../../domain/source/tree.ts";
import type { ReleasedCommit } from "../../schemas/promotion.ts";
import { type FileChange, type Files, Refused } from "./edited-files.ts";

export interface CopyWork {
  tree: SourceTree;
  repoURL: string;
  source(commit: ReleasedCommit): Promise<SourceTree>;
}

/** A directory or file at a release's commit, and where it goes. */
export interface Copied {
  commit: ReleasedCommit;
  from: string;
  to: string;
}

/** What is copied at most, by number and by size of files. */
const MOST_FILES = 2_000;
const MOST_BYTES = 32 * 1024 * 1024;

/** Makes a path what another one is at a release's commit; what is not there any more is taken away. Throws Refused. */
export async function copyFiles(work: CopyWork, files: Files, { commit, from, to }: Copied): Promise<void> {
  const target = inside(to);
  const source = await work.source(commit);
  try {
    const copied = await filesAt(source, inside(from), target);
    const isOwn = commit.repoURL === work.repoURL;
    let bytes = 0;
    const changes = new Map<string, FileChange>();
    for (const [path, { oid, mode, type, path: at }] of copied) {
      if (type === "submodule") throw new Refused(at, "submodules are not copied");
      if (isOwn) {
        changes.set(path, { blob: oid, mode });
        continue;
      }
      const content = await source.readBlob(oid, MOST_BYTES);
      bytes += content.length;
      if (bytes > MOST_BYTES) throw new Refused(from, `it has more than ${MOST_BYTES} bytes`);
      changes.set(path, { content, mode: mode as "100644" });
    }
    for (const path of await present(work.tree, files, target)) {
      if (!changes.has(path) && !isReplaced(path, changes)) changes.set(path, null);
    }
    for (const [path, change] of changes) await put(work.tree, files, path, change);
  } finally {
    source.close();
  }
}

/** The files of a path, by where they go. */
async function filesAt(source: SourceTree, from: string, to: string): Promise<Map<string, ListedEntry>> {
  const entry = from === "" ? ({ type: "tree" } as const) : await source.entry(from);
  if (!entry) throw new Refused(from, `it is not in the repository at ${source.revision.slice(0, 12)}`);
  if (entry.type !== "tree") return new Map([[to, { ...entry, path: from } as ListedEntry]]);
  const listed = (await source.list(from, { recursive: true })).filter(({ type }) => type !== "tree");
  if (listed.length > MOST_FILES) throw new Refused(from, `it has more than ${MOST_FILES} files`);
  const below = from === "" ? 0 : from.length + 1;
  return new Map(listed.map((each) => [joinRepoPath(to, each.path.slice(below))!, each]));
}

/** Paths of the files that are at a path now, edits included. */
async function present(tree: SourceTree, files: Files, path: string): Promise<string[]> {
  const entry = path === "" ? ({ type: "tree" } as const) : await tree.entry(path);
  const listed = entry?.type === "tree" ? await tree.list(path, { recursive: true }) : [];
  const own = listed.filter(({ type }) => type !== "tree").map((each) => each.path);
  const edited = [...files.changes].filter(([at, change]) => change !== null && isAtOrBelow(at, path));
  return [...new Set([...own, ...(entry && entry.type !== "tree" ? [path] : []), ...edited.map(([at]) => at)])];
}

const isAtOrBelow = (path: string, directory: string): boolean =>
  directory === "" || path === directory || path.startsWith(`${directory}/`);

/** Whether a file comes in the place of a directory that the path is in, or a directory in the place of the path. */
function isReplaced(path: string, changes: ReadonlyMap<string, FileChange>): boolean {
  return [...changes].some(
    ([other, change]) => change !== null && (path.startsWith(`${other}/`) || other.startsWith(`${path}/`)),
  );
}

async function put(tree: SourceTree, files: Files, path: string, change: FileChange): Promise<void> {
  const entry = await tree.entry(path);
  const same = change !== null && "blob" in change && entry?.oid === change.blob && entry.mode === change.mode;
  if (same || (change === null && !entry)) files.changes.delete(path);
  else files.changes.set(path, change);
}

function inside(path: string): string {
  const refused = refusedRepoPath(path);
  if (refused !== undefined) throw new Refused(path, refused);
  return joinRepoPath("", path)!;
}
