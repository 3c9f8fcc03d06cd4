import { createHash } from "node:crypto";
import type { ListedEntry, SourceTree, TreeEntry } from "../../../domain/source/tree.ts";
import { SluiceError } from "../../../schemas/errors.ts";

/** A file's text or bytes, or a symlink's target. */
export type MemoryFile = string | Uint8Array | { link: string } | { submodule: true };

/** A commit held in memory, with the same answers as a mirror's. Counts what is read of it. */
export interface MemoryTree extends SourceTree {
  reads: { blobs: number; lists: number };
}

type Node = { entry: TreeEntry; children: Map<string, Node> };

/** A tree with these files. */
export function memoryTree(files: Record<string, MemoryFile>, revision = "0".repeat(40)): MemoryTree {
  const blobs = new Map<string, Uint8Array>();
  const root: Node = { entry: { oid: "", type: "tree", mode: "040000" }, children: new Map() };
  for (const [path, file] of Object.entries(files)) add(root, path.split("/"), leaf(file, blobs));
  seal(root);
  const find = (path: string): Node | undefined => {
    let node: Node | undefined = root;
    for (const name of path.split("/").filter((part) => part !== "" && part !== ".")) node = node?.children.get(name);
    return node;
  };
  const reads = { blobs: 0, lists: 0 };
  const readBlob = async (oid: string, limit = Infinity): Promise<Uint8Array> => {
    reads.blobs += 1;
    const bytes = blobs.get(oid)!;
    if (bytes.length > limit) throw new SluiceError("RenderLimit", `${bytes.length} bytes are over the limit`);
    return bytes;
  };
  return {
    revision,
    reads,
    entry: async (path) => find(path)?.entry,
    entries: async (paths) => paths.map((path) => find(path)?.entry),
    list: async (path, { recursive = false } = {}) => {
      reads.lists += 1;
      const node = find(path);
      return node ? listed(node, path === "." ? "" : path, recursive).sort((a, b) => (a.path < b.path ? -1 : 1)) : [];
    },
    read: async (path) => readBlob(find(path)!.entry.oid),
    readBlob,
    close: () => {},
  };
}

function leaf(file: MemoryFile, blobs: Map<string, Uint8Array>): Node {
  if (typeof file === "object" && "submodule" in file) {
    return { entry: { oid: "f".repeat(40), type: "submodule", mode: "160000" }, children: new Map() };
  }
  const link = typeof file === "object" && "link" in file;
  const content = link ? file.link : (file as string | Uint8Array);
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const oid = createHash("sha1").update(bytes).digest("hex");
  blobs.set(oid, bytes);
  const entry: TreeEntry = link ? { oid, type: "symlink", mode: "120000" } : { oid, type: "blob", mode: "100644" };
  return { entry, children: new Map() };
}

function add(node: Node, [name, ...rest]: string[], made: Node): void {
  if (rest.length === 0) {
    node.children.set(name!, made);
    return;
  }
  const next = node.children.get(name!) ?? {
    entry: { oid: "", type: "tree", mode: "040000" } as TreeEntry,
    children: new Map(),
  };
  node.children.set(name!, next);
  add(next, rest, made);
}

function seal(node: Node): string {
  if (node.entry.type !== "tree") return node.entry.oid;
  const hash = createHash("sha1");
  for (const name of [...node.children.keys()].sort()) {
    const child = node.children.get(name)!;
    hash.update(`${child.entry.mode} ${name} ${seal(child)}\n`);
  }
  node.entry.oid = hash.digest("hex");
  return node.entry.oid;
}

function listed(node: Node, at: string, recursive: boolean): ListedEntry[] {
  return [...node.children].flatMap(([name, child]) => {
    const path = at === "" ? name : `${at}/${name}`;
    const below = recursive && child.entry.type === "tree" ? listed(child, path, true) : [];
    return [{ ...child.entry, path }, ...below];
  });
}
