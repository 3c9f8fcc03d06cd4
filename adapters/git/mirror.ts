import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "pino";
import { COMMIT } from "../../domain/source/revision.ts";
import type { TreeEntry } from "../../domain/source/tree.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { gitRef, type GitAddress } from "./address.ts";
import { parseAdvertisedRefs, type AdvertisedRefs } from "./advertised-refs.ts";
import type { PreparedAccess } from "./credentials.ts";
import type { GitCommand } from "./command.ts";
import { createGitTree, type GitTree } from "./git-tree.ts";
import { KeyedQueue } from "./keyed-queue.ts";
import { discardMirror, isWhole, markWhole, mirrorName, removeStaleLocks } from "./mirror-directory.ts";
import type { MirrorGit } from "./mirror-writer.ts";
import { DamagedMirror, ObjectStore } from "./object-store.ts";

/** What a mirror needs from the set it belongs to. */
export interface MirrorPorts {
  /** Directory of all mirrors. */
  root: string;
  log: Logger;
  run: (
    request: "init" | "ls-remote" | "fetch" | "merge-base" | "gc" | "commit" | "push" | "rev-parse" | "log",
    command: GitCommand,
  ) => Promise<string>;
  access: (address: GitAddress) => Promise<PreparedAccess>;
  environment: (dir: string) => Record<string, string>;
  onUse: (store: ObjectStore) => void;
  timeoutMs: number;
  maxBlobBytes: number;
  maxEntries: number;
}

/** Loose objects and packs are put together after this many fetches. */
const FETCHES_PER_GC = 500;

/** Objects with ids that begin the same that are looked at. */
const MOST_ALIKE = 50;

/** Commits that are read to find one that was deployed before, ere git is asked. */
const NEAR_COMMITS = 32;

/** A bare mirror of one repository. One fetch or ls-remote at a time; equal ones that wait are shared. */
export class Mirror {
  /** Equal addresses may be written in two ways; some servers only know the one with `.git`. */
  address: GitAddress;
  readonly dir: string;
  readonly store: ObjectStore;
  readonly #ports: MirrorPorts;
  readonly #queue = new KeyedQueue();
  readonly #roots = new Map<string, string>();
  #opened = false;
  #damaged = false;
  #fetches = 0;
  #commands = 0;

  constructor(address: GitAddress, ports: MirrorPorts) {
    this.address = address;
    this.#ports = ports;
    this.dir = join(ports.root, mirrorName(address.url));
    this.store = new ObjectStore({
      dir: this.dir,
      environment: ports.environment(this.dir),
      maxBlobBytes: ports.maxBlobBytes,
      onUse: () => ports.onUse(this.store),
    });
  }

  /** What the repository advertises now. */
  advertised(): Promise<AdvertisedRefs> {
    return this.#queue.run("ls-remote", async () => {
      await this.#open();
      const args = ["ls-remote", "--quiet", "--symref", "--", this.address.given];
      return parseAdvertisedRefs(await this.#remote("ls-remote", args));
    });
  }

  /** Fetches one ref and gives the commit that it stands at. Throws `RevisionNotFound`. */
  fetchRef(ref: string): Promise<string> {
    const slot = `refs/sluice/ref/${createHash("sha1").update(gitRef(ref)).digest("hex")}`;
    return this.#queue.run(`ref ${ref}`, async () => {
      await this.#fetch(`+${ref}:${slot}`);
      const commit = await this.#guard(this.store.commitOf(slot));
      if (commit !== undefined) return commit;
      throw new SluiceError("RevisionNotFound", `${ref} of ${this.address.url} is not a commit.`);
    });
  }

  /** The commits that are here and whose ids begin so; a few of them where there are many. */
  commitsLike(prefix: string): Promise<string[]> {
    return this.#queue.run(`like ${prefix}`, async () => {
      await this.#open();
      const listed = await this.#ports.run("rev-parse", this.#command(["rev-parse", `--disambiguate=${prefix}`]));
      const commits = new Set<string>();
      for (const oid of listed.split("\n").filter(Boolean).slice(0, MOST_ALIKE)) {
        if ((await this.#guard(this.store.commitOf(oid))) === oid) commits.add(oid);
      }
      return [...commits];
    });
  }

  /** A commit as a tree, fetched when it is not here yet, from the ref where it was seen last. Throws `RevisionNotFound`. */
  async tree(revision: string, lastSeenAt: () => string | undefined): Promise<GitTree> {
    if (!COMMIT.test(revision)) {
      throw new SluiceError("RevisionNotFound", `${JSON.stringify(revision.slice(0, 80))} is not a full commit id.`);
    }
    const root = (await this.#present(revision)) ?? (await this.#fetchCommit(revision, lastSeenAt()));
    return createGitTree({
      revision,
      root,
      store: this.store,
      maxEntries: this.#ports.maxEntries,
      guard: (read) => this.#guard(read),
      onClose: () => {},
    });
  }

  /** How a commit that is here relates to an earlier one, which is fetched when the repository still has it. */
  async move(from: string, to: string): Promise<"same" | "forward" | "diverged" | "unknown"> {
    if (from === to) return "same";
    for (const revision of [to, from]) {
      const known = await this.tree(revision, () => undefined).catch((error: unknown) => {
        if (error instanceof SluiceError && error.code === "RevisionNotFound") return undefined;
        throw error;
      });
      if (known === undefined) return "unknown";
    }
    if (await this.#guard(this.#isNearAncestor(from, to))) return "forward";
    const base = await this.#ports
      .run("merge-base", {
        ...this.#command(["merge-base", from, to]),
        onFailure: ({ exitCode }) => (exitCode === 1 ? new SluiceError("NotFound", "no common commit") : undefined),
      })
      .catch((error: unknown) => {
        if (error instanceof SluiceError && error.code === "NotFound") return "";
        throw error;
      });
    return base.trim() === from ? "forward" : "diverged";
  }

  /** Whether a few steps back from a commit lead to another: true for nearly every push, and no process has to be started for it. */
  async #isNearAncestor(from: string, to: string): Promise<boolean> {
    const seen = new Set([to]);
    for (const commit of seen) {
      const parents = (await this.store.parents(commit)) ?? [];
      if (parents.includes(from)) return true;
      for (const parent of parents) seen.add(parent);
      if (seen.size > NEAR_COMMITS) return false;
    }
    return false;
  }

  /** Git on this mirror for whoever writes: one command at a time, as with everything else. */
  git(): MirrorGit {
    return {
      url: this.address.url,
      address: this.address.given,
      scratch: this.#ports.root,
      run: (request, args, { remote = false, onFailure } = {}) =>
        this.#queue.run(`${request} ${(this.#commands += 1)}`, async () => {
          await this.#open();
          const failing = onFailure && { onFailure };
          if (remote) return await this.#remote(request, [...args], failing);
          return await this.#ports.run(request, { ...this.#command([...args]), ...failing });
        }),
    };
  }

  /** Entries of a directory by its id. */
  entries(oid: string): Promise<ReadonlyMap<string, TreeEntry>> {
    return this.#guard(this.store.tree(oid));
  }

  /** Root tree of a commit that is here. Throws `RevisionNotFound`. */
  async rootTree(revision: string): Promise<string> {
    const root = await this.#present(revision);
    if (root !== undefined) return root;
    throw new SluiceError("RevisionNotFound", `The mirror of ${this.address.url} has no commit ${revision}.`);
  }

  close(): void {
    this.store.close();
  }

  /** Root tree of a commit that is here already. */
  async #present(revision: string): Promise<string | undefined> {
    const known = this.#roots.get(revision);
    if (known !== undefined && !this.#damaged) return known;
    if (this.#damaged || !this.#opened) await this.#queue.run("open", () => this.#open());
    const root = await this.store.rootTree(revision).catch((error: unknown) => this.#markDamaged(error));
    if (root !== undefined) this.#remember(revision, root);
    return root;
  }

  #remember(revision: string, root: string): void {
    this.#roots.set(revision, root);
    const oldest = this.#roots.keys().next();
    if (this.#roots.size > 1_000 && !oldest.done) this.#roots.delete(oldest.value);
  }

  async #fetchCommit(revision: string, ref: string | undefined): Promise<string> {
    if (ref !== undefined && !COMMIT.test(ref)) {
      await this.fetchRef(ref).catch((error: unknown) => {
        if (!(error instanceof SluiceError && error.code === "RevisionNotFound")) throw error;
      });
      const root = await this.#present(revision);
      if (root !== undefined) return root;
    }
    await this.#queue.run(`commit ${revision}`, () => this.#fetch(`+${revision}:refs/sluice/commit/${revision}`));
    const root = await this.#present(revision);
    if (root !== undefined) return root;
    throw new SluiceError("RevisionNotFound", `${this.address.url} has no commit ${revision}.`, {
      next: "check the target revision; it may have been removed or rewritten",
    });
  }

  async #fetch(refspec: string): Promise<void> {
    await this.#open();
    const args = ["fetch", "--verbose", "--no-progress", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"];
    await this.#remote("fetch", [...args, "--no-recurse-submodules", "--refmap=", "--", this.address.given, refspec]);
    this.#fetches += 1;
    if (this.#fetches % FETCHES_PER_GC === 0) this.#collect();
  }

  async #remote(
    request: "ls-remote" | "fetch" | "commit" | "push" | "log",
    args: string[],
    more: Pick<GitCommand, "onFailure"> = {},
  ): Promise<string> {
    const access = await this.#ports.access(this.address);
    try {
      return await this.#ports.run(request, { ...this.#command(args), ...more, ...access });
    } finally {
      await access.release();
    }
  }

  #command(args: string[]): GitCommand {
    return { dir: this.dir, args, url: this.address.url, timeoutMs: this.#ports.timeoutMs };
  }

  /** Makes the mirror, or makes sure that what an earlier process left is whole. Runs inside the queue only. */
  async #open(): Promise<void> {
    if (this.#opened && !this.#damaged) return;
    this.store.close();
    if (this.#damaged || !(await this.#sound())) {
      await discardMirror(this.dir);
      this.#roots.clear();
      await mkdir(this.dir, { recursive: true, mode: 0o700 });
      await this.#ports.run("init", this.#command(["init", "--quiet", "--bare", "."]));
      await markWhole(this.dir, this.address.url);
    }
    this.#opened = true;
    this.#damaged = false;
  }

  /** Whether the directory holds a mirror whose every ref leads to a commit with a readable tree. */
  async #sound(): Promise<boolean> {
    if (!(await isWhole(this.dir, this.address.url))) return false;
    const removed = await removeStaleLocks(this.dir);
    if (removed > 0) this.#ports.log.warn({ url: this.address.url, removed }, "removed what a killed git left behind");
    try {
      const listed = await this.#ports.run("init", this.#command(["for-each-ref", "--format=%(objectname)"]));
      for (const oid of new Set(listed.split("\n").filter(Boolean))) {
        const commit = await this.store.commitOf(oid);
        if (commit === undefined || (await this.store.rootTree(commit)) === undefined) return false;
      }
      return true;
    } catch (error) {
      this.#ports.log.warn({ url: this.address.url, err: error }, "the mirror is damaged and is made anew");
      return false;
    }
  }

  #collect(): void {
    this.#ports
      .run("gc", this.#command(["gc", "--quiet", "--no-prune"]))
      .catch((error: unknown) => this.#ports.log.warn({ url: this.address.url, err: error }, "git gc failed"));
  }

  async #guard<T>(read: Promise<T>): Promise<T> {
    try {
      return await read;
    } catch (error) {
      if (!(error instanceof DamagedMirror)) throw error;
      this.#markDamaged(error);
      throw new SluiceError("SourceUnavailable", `The mirror of ${this.address.url} is damaged and is fetched anew.`, {
        next: "nothing; it is tried again",
        cause: error,
      });
    }
  }

  #markDamaged(error: unknown): undefined {
    if (!(error instanceof DamagedMirror)) throw error;
    this.#ports.log.warn({ url: this.address.url, err: error }, "the mirror is damaged and is made anew");
    this.#damaged = true;
    return undefined;
  }
}
