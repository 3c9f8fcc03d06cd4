import { createHash } from "node:crypto";
import type { TreeEntry } from "../../domain/source/tree.ts";
import { SluiceError } from "../../schemas/errors.ts";

/** What a path is to be: a file of this content, a directory or file that the repository has already, or nothing. */
export type Change =
  | { content: string | Uint8Array; mode?: "100644" | "100755" | "120000" }
  | { tree: string }
  | { blob: string; mode: string }
  | null;

/** Changes by path from the root of the repository; "" or "." is the root itself. */
export type Changes = ReadonlyMap<string, Change>;

/** A git object that has to be written. */
export interface NewObject {
  type: "blob" | "tree" | "commit";
  oid: string;
  bytes: Uint8Array;
}

type Entries = ReadonlyMap<string, TreeEntry>;

interface Node {
  change?: Change;
  children: Map<string, Node>;
}

/** Hex id of a git object; of 64 digits where the repository's ids are sha256. */
export function objectId(type: NewObject["type"], bytes: Uint8Array, oidLength = 40): string {
  const hash = createHash(oidLength === 64 ? "sha256" : "sha1");
  return hash.update(`${type} ${bytes.length}\0`).update(bytes).digest("hex");
}

/**
 * The root tree after changes to another one, and the blobs and trees that have to be written for it, children first. Trees that
 * no change touches are neither read nor written. Throws InvalidInput for paths that exclude each other or leave the repository.
 */
export async function changedTree(
  root: string,
  changes: Changes,
  read: (oid: string) => Promise<Entries>,
): Promise<{ root: string; objects: NewObject[] }> {
  const top = nodesOf(changes);
  if (top.change !== undefined) return { root: wholeTree(top.change), objects: [] };
  const objects: NewObject[] = [];
  const add = (type: NewObject["type"], bytes: Uint8Array): string => {
    const oid = objectId(type, bytes, root.length);
    objects.push({ type, oid, bytes });
    return oid;
  };

  async function apply(node: Node, oid: string | undefined): Promise<string | undefined> {
    const entries = new Map(oid === undefined ? [] : await readWhole(oid, read));
    for (const [name, child] of node.children) {
      const before = entries.get(name);
      const after = child.change === undefined ? await directory(child, before) : entryOf(child.change, add);
      if (after) entries.set(name, after);
      else entries.delete(name);
    }
    return entries.size === 0 ? undefined : add("tree", encodeTree(entries));
  }

  async function directory(node: Node, before: TreeEntry | undefined): Promise<TreeEntry | undefined> {
    const oid = await apply(node, before?.type === "tree" ? before.oid : undefined);
    return oid === undefined ? undefined : { oid, type: "tree", mode: "040000" };
  }

  const changed = (await apply(top, root)) ?? add("tree", new Uint8Array());
  return { root: changed, objects };
}

function wholeTree(change: Change): string {
  if (change !== null && "tree" in change) return change.tree;
  throw new SluiceError("InvalidInput", "The root of a repository can only become another directory.");
}

function entryOf(change: Change, add: (type: "blob", bytes: Uint8Array) => string): TreeEntry | undefined {
  if (change === null) return undefined;
  if ("tree" in change) return { oid: change.tree, type: "tree", mode: "040000" };
  if ("blob" in change) return { oid: change.blob, type: "blob", mode: change.mode };
  const bytes = typeof change.content === "string" ? new TextEncoder().encode(change.content) : change.content;
  return { oid: add("blob", bytes), type: "blob", mode: change.mode ?? "100644" };
}

function nodesOf(changes: Changes): Node {
  const top: Node = { children: new Map() };
  for (const [path, change] of changes) {
    let node = top;
    for (const name of segmentsOf(path)) {
      if (node.change !== undefined) throw twice(path);
      const next = node.children.get(name) ?? { children: new Map() };
      node.children.set(name, next);
      node = next;
    }
    if (node.change !== undefined || node.children.size > 0) throw twice(path);
    node.change = change;
  }
  if (top.change !== undefined && top.children.size > 0) throw twice("");
  return top;
}

const twice = (path: string): SluiceError =>
  new SluiceError(
    "InvalidInput",
    `The path ${JSON.stringify(path)} is changed twice, as itself and as a part of another.`,
  );

function segmentsOf(path: string): string[] {
  const segments = path.split("/").filter((part) => part !== "" && part !== ".");
  const bad =
    path.startsWith("/") || segments.some((part) => part === ".." || /^\.git$/i.test(part) || part.includes("\0"));
  if (bad)
    throw new SluiceError("InvalidInput", `The path ${JSON.stringify(path)} can't be written to in a repository.`);
  return segments;
}

/** Entries of a tree that can be written back as it was: one with names that are not UTF-8 is refused. */
async function readWhole(oid: string, read: (oid: string) => Promise<Entries>): Promise<Entries> {
  const entries = await read(oid);
  if (objectId("tree", encodeTree(entries), oid.length) === oid) return entries;
  throw new SluiceError("SourceRefused", `The directory ${oid} has names that can't be written back as they are.`, {
    next: "rename its files to UTF-8 names",
  });
}

/** A git tree object: `<mode> <name>\0<id>` each, sorted as git sorts, directories as if their names ended with a slash. */
export function encodeTree(entries: Entries): Uint8Array {
  const sortKey = ([name, { type }]: [string, TreeEntry]): Buffer => Buffer.from(type === "tree" ? `${name}/` : name);
  const parts = [...entries]
    .map((entry) => ({ entry, key: sortKey(entry) }))
    .toSorted((a, b) => Buffer.compare(a.key, b.key))
    .flatMap(({ entry: [name, { mode, oid }] }) => [
      Buffer.from(`${mode.replace(/^0+/, "")} ${name}\0`),
      Buffer.from(oid, "hex"),
    ]);
  return Buffer.concat(parts);
}
