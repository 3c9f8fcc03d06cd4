import { createHash } from "node:crypto";
import { parentOf, refusedRepoPath } from "../../domain/source/repo-path.ts";
import { compareText } from "../../domain/sync/identity.ts";
import type { ListedEntry, SourceTree, TreeEntry } from "../../domain/source/tree.ts";
import { LOCAL_REVISION } from "../../schemas/artifact.ts";
import { SluiceError, type Problem } from "../../schemas/errors.ts";

/** A file that somebody sent, by its path from the root of what was sent. */
export interface UploadedFile {
  path: string;
  content: Uint8Array;
}

/** Its path may be as long as Linux has it. */
const MOST_PATH = 4_096;

/**
 * Files that somebody sent, as a renderer reads a commit. There are no symlinks in it. Throws `SourceRefused` for a path that
 * a file system would take elsewhere, or that is there twice.
 */
export function uploadedTree(files: readonly UploadedFile[]): SourceTree {
  const entries = new Map<string, TreeEntry>([["", DIRECTORY]]);
  const blobs = new Map<string, Uint8Array>();
  const problems: Problem[] = [];
  for (const { path, content } of files) {
    const message = refusal(path, entries);
    if (message !== undefined) {
      problems.push({ file: path.slice(0, 200), message });
      continue;
    }
    const oid = idOf(content);
    blobs.set(oid, content);
    entries.set(path, { oid, type: "blob", mode: "100644" });
    for (let dir = parentOf(path); dir !== ""; dir = parentOf(dir)) entries.set(dir, DIRECTORY);
  }
  if (problems.length > 0) throw refused(problems);
  for (const [path, entry] of entries) {
    if (entry.type === "tree") entries.set(path, { ...entry, oid: idOf(listing(path, entries)) });
  }
  return treeOf(entries, blobs);
}

const DIRECTORY: TreeEntry = { oid: "", type: "tree", mode: "040000" };

const idOf = (content: Uint8Array | string): string => createHash("sha256").update(content).digest("hex");

function refusal(path: string, entries: ReadonlyMap<string, TreeEntry>): string | undefined {
  if (path === "" || path.length > MOST_PATH || path.split("/").some((part) => part === "" || part === ".")) {
    return "it is no path of a file";
  }
  const reason = refusedRepoPath(path);
  if (reason !== undefined || path.split("/").includes("..")) return reason ?? "it has `..` in it";
  if (entries.has(path)) return "it is there twice";
  for (let dir = parentOf(path); dir !== ""; dir = parentOf(dir)) {
    if (entries.get(dir)?.type === "blob") return `${dir} is a file`;
  }
  return undefined;
}

function refused(problems: Problem[]): SluiceError {
  const [first] = problems;
  return new SluiceError("SourceRefused", `The file ${JSON.stringify(first!.file)} is refused: ${first!.message}.`, {
    problems: problems.slice(0, 20),
    next: "send files by their path from one directory, each once",
  });
}

/** What is below a directory, so that two of the same content have one id. */
function listing(dir: string, entries: ReadonlyMap<string, TreeEntry>): string {
  const prefix = dir === "" ? "" : `${dir}/`;
  const below = [...entries].filter(([path, { type }]) => type === "blob" && path.startsWith(prefix));
  return JSON.stringify(
    below.map(([path, { oid }]) => [path.slice(prefix.length), oid]).sort(([a], [b]) => compareText(a!, b!)),
  );
}

const clean = (path: string): string => (path === "." ? "" : path);

function treeOf(entries: ReadonlyMap<string, TreeEntry>, blobs: ReadonlyMap<string, Uint8Array>): SourceTree {
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  const readBlob = async (oid: string, limit = Infinity): Promise<Uint8Array> => {
    const content = blobs.get(oid);
    if (!content) throw new SluiceError("Internal", "A file that was sent is not there any more");
    if (content.length <= limit) return content;
    throw new SluiceError(
      "RenderLimit",
      `A file of ${content.length} bytes is larger than the limit of ${limit} bytes.`,
    );
  };
  return {
    revision: LOCAL_REVISION,
    entry: async (path) => entries.get(clean(path)),
    entries: async (paths) => paths.map((path) => entries.get(clean(path))),
    async list(path, { recursive = false } = {}) {
      const prefix = clean(path) === "" ? "" : `${clean(path)}/`;
      return sorted.flatMap(([at, entry]): ListedEntry[] => {
        const rest = at !== "" && at.startsWith(prefix) ? at.slice(prefix.length) : "";
        return rest === "" || (!recursive && rest.includes("/")) ? [] : [{ path: at, ...entry }];
      });
    },
    async read(path) {
      const entry = entries.get(clean(path));
      if (entry?.type !== "blob") throw new SluiceError("RenderFailed", `${path} is no file that was sent`);
      return readBlob(entry.oid);
    },
    readBlob,
    close: () => undefined,
  };
}
