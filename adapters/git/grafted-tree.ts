import { parseRepoURL } from "../../domain/routing/repo-url.ts";
import { parseGitmodules, submoduleURL, type Submodule } from "../../domain/source/gitmodules.ts";
import type { ListedEntry, SourceTree, TreeEntry } from "../../domain/source/tree.ts";
import { type ErrorCode, SluiceError, toSluiceError } from "../../schemas/errors.ts";

export interface GraftOptions {
  /** Address of the repository that the tree is of. */
  repoURL: string;
  /** A commit of another repository as a tree, fetched when it is missing. */
  ensure(repoURL: string, revision: string): Promise<SourceTree>;
  /** Why an address may not be read; undefined when it may. */
  refusal(repoURL: string): string | undefined;
  /** What the refusals depend on. */
  scope: string;
}

/** A submodule in a submodule in a submodule, and no deeper. */
const MOST_LEVELS = 3;
const MOST_SUBMODULES = 32;
/** The largest `.gitmodules` seen in the field has 60 KiB. */
const MOST_GITMODULES_BYTES = 256 * 1024;

/** One repository at its place in the whole. */
interface Mount {
  /** Where it is, "" for the repository itself. */
  at: string;
  tree: SourceTree;
  repoURL: string;
  level: number;
  submodules?: Promise<Submodule[]>;
}

/**
 * A commit with its submodules in their places, each read from its own mirror once something in it is asked for. Ids of what is in a
 * submodule end in `@` and its path. Throws `SourceRefused` for a submodule that may not be read; what fails otherwise names it. Closing it
 * closes what it opened; the commit itself is for its owner to close.
 */
export function graftSubmodules(root: SourceTree, options: GraftOptions): SourceTree {
  const mounts = new Map<string, Promise<Mount>>();
  const top: Mount = { at: "", tree: root, repoURL: options.repoURL, level: 0 };

  /** The repository that a path is in, submodules on the way and at the path itself included. */
  async function mountOf(path: string): Promise<{ mount: Mount; inner: string; entry: TreeEntry | undefined }> {
    let mount = top;
    let inner = clean(path);
    for (;;) {
      const entry = await mount.tree.entry(inner);
      if (entry && entry.type !== "submodule") return { mount, inner, entry };
      const link = await gitlinkOn(mount, inner);
      if (link === undefined) return { mount, inner, entry };
      mount = await mounted(mount, link);
      inner = inner.slice(link.path.length + 1);
    }
  }

  /** The submodule that a path is in, if it is one that the commit has. */
  async function gitlinkOn(mount: Mount, inner: string): Promise<(Submodule & { commit: string }) | undefined> {
    for (const submodule of await submodulesOf(mount)) {
      if (inner !== submodule.path && !inner.startsWith(`${submodule.path}/`)) continue;
      const entry = await mount.tree.entry(submodule.path);
      if (entry?.type === "submodule") return { ...submodule, commit: entry.oid };
    }
    return undefined;
  }

  function submodulesOf(mount: Mount): Promise<Submodule[]> {
    mount.submodules ??= readGitmodules(mount.tree);
    return mount.submodules;
  }

  function mounted(parent: Mount, { path, url, commit }: Submodule & { commit: string }): Promise<Mount> {
    const at = joined(parent.at, path);
    let mount = mounts.get(at);
    if (mount) return mount;
    const tooMany = mounts.size >= MOST_SUBMODULES;
    mount = tooMany
      ? Promise.reject(refused("RenderLimit", at, `the source reads more than ${MOST_SUBMODULES} submodules`))
      : open(parent, { at, url, commit });
    mount.catch(() => undefined);
    mounts.set(at, mount);
    return mount;
  }

  async function open(parent: Mount, { at, url, commit }: { at: string; url: string; commit: string }): Promise<Mount> {
    const level = parent.level + 1;
    if (level > MOST_LEVELS) {
      throw refused("RenderLimit", at, `it is more than ${MOST_LEVELS} levels of submodules deep`);
    }
    const repoURL = submoduleURL(parent.repoURL, url);
    if (repoURL === undefined) throw refused("SourceRefused", at, "its relative address leaves the host");
    const address = parseRepoURL(repoURL);
    if ("refused" in address) throw refused("SourceRefused", at, address.refused);
    const refusal = options.refusal(repoURL);
    if (refusal !== undefined) throw refused("SourceRefused", at, refusal);
    try {
      return { at, repoURL, level, tree: await options.ensure(repoURL, commit) };
    } catch (thrown) {
      const { code, message, next } = toSluiceError(thrown);
      throw refused(code, at, message.replace(/\.$/, ""), next);
    }
  }

  async function entryAt(path: string): Promise<TreeEntry | undefined> {
    const { mount, entry } = await mountOf(path);
    return entry && placed(entry, mount.at);
  }

  async function list(path: string, { recursive = false } = {}): Promise<ListedEntry[]> {
    const { mount, inner } = await mountOf(path);
    const links = new Set((await submodulesOf(mount)).map((submodule) => submodule.path));
    const found: ListedEntry[] = [];
    for (const entry of await mount.tree.list(inner, { recursive })) {
      const where = joined(mount.at, entry.path);
      if (entry.type !== "submodule" || !links.has(entry.path)) {
        found.push({ ...placed(entry, mount.at), path: where });
        continue;
      }
      // What it holds is only read when somebody looks into it.
      found.push({ type: "tree", mode: "040000", oid: idIn(entry.oid, where), path: where });
      if (recursive) found.push(...(await list(where, { recursive })));
    }
    return found.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  }

  async function readBlob(id: string, limit?: number): Promise<Uint8Array> {
    const cut = id.indexOf("@");
    if (cut < 0) return await root.readBlob(id, limit);
    const { mount } = await mountOf(id.slice(cut + 1));
    return await mount.tree.readBlob(id.slice(0, cut), limit);
  }

  return {
    revision: root.revision,
    scope: options.scope,
    entry: entryAt,
    async entries(paths) {
      const found = await root.entries(paths);
      for (const [at, entry] of found.entries()) {
        if (!entry || entry.type === "submodule") found[at] = await entryAt(paths[at]!);
      }
      return found;
    },
    list,
    async read(path) {
      const { mount, inner } = await mountOf(path);
      return await mount.tree.read(inner);
    },
    readBlob,
    close() {
      for (const mount of mounts.values()) void mount.then(({ tree }) => tree.close()).catch(() => undefined);
    },
  };
}

async function readGitmodules(tree: SourceTree): Promise<Submodule[]> {
  const entry = await tree.entry(".gitmodules");
  // As git has it: a symlink of this name is not followed.
  if (entry?.type !== "blob") return [];
  return parseGitmodules(Buffer.from(await tree.readBlob(entry.oid, MOST_GITMODULES_BYTES)).toString("utf8"));
}

const clean = (path: string): string =>
  path
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");

const joined = (at: string, path: string): string => (at === "" || path === "" ? `${at}${path}` : `${at}/${path}`);

const idIn = (oid: string, at: string): string => (at === "" ? oid : `${oid}@${at}`);

const placed = <Entry extends TreeEntry>(entry: Entry, at: string): Entry => ({ ...entry, oid: idIn(entry.oid, at) });

function refused(code: ErrorCode, at: string, message: string, next?: string): SluiceError {
  return new SluiceError(code, `The submodule ${at}: ${message}.`, {
    ...(next !== undefined && { next }),
    problems: [{ file: ".gitmodules", message: `${at}: ${message}`, ...(next !== undefined && { next }) }],
  });
}
