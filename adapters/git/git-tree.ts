import type { ListedEntry, SourceTree, TreeEntry } from "../../domain/source/tree.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { ObjectStore } from "./object-store.ts";

/** One commit of a mirror. */
export type GitTree = SourceTree;

export interface GitTreeOptions {
  revision: string;
  /** Id of the commit's root tree. */
  root: string;
  store: ObjectStore;
  /** Most entries that one listing may have. */
  maxEntries: number;
  /** Turns a DamagedMirror into what the caller sees, and has the mirror made anew. */
  guard: <T>(read: Promise<T>) => Promise<T>;
  onClose: () => void;
}

const segmentsOf = (path: string): string[] => path.split("/").filter((part) => part !== "" && part !== ".");

/** A commit as a tree that is read object by object, without a work tree. Throws `SourceUnavailable` when the mirror is damaged. */
export function createGitTree(options: GitTreeOptions): GitTree {
  const { store, guard } = options;
  const rootEntry: TreeEntry = { oid: options.root, type: "tree", mode: "040000" };
  let closed = false;

  /** What is at a path, or the id of the tree that has to be read to know. */
  function lookUp(segments: readonly string[]): { found: TreeEntry | undefined } | { unread: string } {
    let current: TreeEntry | undefined = rootEntry;
    for (const name of segments) {
      if (current?.type !== "tree") return { found: undefined };
      const entries = store.keptTree(current.oid);
      if (!entries) return { unread: current.oid };
      current = entries.get(name);
    }
    return { found: current };
  }

  async function entry(path: string): Promise<TreeEntry | undefined> {
    return (await entries([path]))[0];
  }

  /** One after the other: nearly all of them are known without waiting. */
  async function entries(paths: readonly string[]): Promise<(TreeEntry | undefined)[]> {
    const found: (TreeEntry | undefined)[] = [];
    for (const path of paths) {
      const segments = segmentsOf(path);
      let answer = lookUp(segments);
      while ("unread" in answer) {
        const tree = await guard(store.tree(answer.unread));
        answer = store.keptTree(answer.unread) === tree ? lookUp(segments) : await readThrough(segments);
      }
      found.push(answer.found);
    }
    return found;
  }

  /** The same, holding each tree on the way, for when the store keeps too little. */
  async function readThrough(segments: readonly string[]): Promise<{ found: TreeEntry | undefined }> {
    let current: TreeEntry | undefined = rootEntry;
    for (const name of segments) {
      if (current?.type !== "tree") return { found: undefined };
      current = (await guard(store.tree(current.oid))).get(name);
    }
    return { found: current };
  }

  async function walk(path: string, oid: string, recursive: boolean, into: ListedEntry[]): Promise<void> {
    for (const [name, found] of await guard(store.tree(oid))) {
      const listed = { ...found, path: path === "" ? name : `${path}/${name}` };
      into.push(listed);
      if (into.length > options.maxEntries) {
        throw new SluiceError("RenderLimit", `A directory has more than ${options.maxEntries} entries.`, {
          next: "point the source at a smaller directory",
        });
      }
      if (recursive && found.type === "tree") await walk(listed.path, found.oid, true, into);
    }
  }

  return {
    revision: options.revision,
    entry,
    entries,
    async list(path, { recursive = false } = {}) {
      const at = await entry(path);
      const entries: ListedEntry[] = [];
      if (at?.type === "tree") await walk(segmentsOf(path).join("/"), at.oid, recursive, entries);
      return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
    },
    async read(path) {
      const found = await entry(path);
      if (found?.type !== "blob" && found?.type !== "symlink") {
        throw new SluiceError("SourceRefused", `There is no file ${path} at ${options.revision.slice(0, 12)}.`);
      }
      return guard(store.blob(found.oid));
    },
    readBlob: (oid, limit) => guard(store.blob(oid, limit)),
    close() {
      if (closed) return;
      closed = true;
      options.onClose();
    },
  };
}
