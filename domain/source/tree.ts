/** What stands at a path of a commit. */
export interface TreeEntry {
  /** Git object id, hex. */
  oid: string;
  type: "blob" | "tree" | "symlink" | "submodule";
  /** Git's file mode, as in `100644`. */
  mode: string;
}

/** An entry with its path from the root of the repository. */
export interface ListedEntry extends TreeEntry {
  path: string;
}

/**
 * One commit of a repository, read object by object. Paths are relative to the root with `/` between, "" or "." being the root;
 * nothing follows a symlink.
 */
export interface SourceTree {
  revision: string;
  /** What the answers depend on besides the commit, such as by whose rules submodules are read. */
  scope?: string;
  entry(path: string): Promise<TreeEntry | undefined>;
  entries(paths: readonly string[]): Promise<(TreeEntry | undefined)[]>;
  /** What is under a directory, sorted; without `recursive` its own entries only. Trees are listed too. */
  list(path: string, options?: { recursive?: boolean }): Promise<ListedEntry[]>;
  /** Bytes of a blob, of a symlink its target. */
  read(path: string): Promise<Uint8Array>;
  /** Bytes of a blob by its id; refused above `limit` bytes without reading them. */
  readBlob(oid: string, limit?: number): Promise<Uint8Array>;
  close(): void;
}
