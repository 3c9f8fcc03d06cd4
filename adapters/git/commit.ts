import { setTimeout as sleep } from "node:timers/promises";
import type { SourceTree, TreeEntry } from "../../domain/source/tree.ts";
import { COMMIT, refusedRef } from "../../domain/source/revision.ts";
import { SluiceError, toSluiceError } from "../../schemas/errors.ts";
import type { MirrorWriter } from "./mirror-writer.ts";
import { changedTree, objectId, type Changes, type NewObject } from "./tree-change.ts";

export type { Change, Changes } from "./tree-change.ts";

/** What committing needs of the mirrors. */
export interface CommitMirrors {
  /** Fetches a full ref: its commit. Throws RevisionNotFound. */
  fetchRef(repoURL: string, ref: string): Promise<string>;
  ensure(repoURL: string, revision: string): Promise<SourceTree>;
  /** Entries of a directory by its id. */
  readTree(repoURL: string, oid: string): Promise<ReadonlyMap<string, TreeEntry>>;
  rootTree(repoURL: string, commit: string): Promise<string>;
  writer(repoURL: string): MirrorWriter;
}

/** The keyring, as far as commits need it: what is sealed under a purpose opens only under it, and with the same context. */
export interface CommitSeals {
  seal(purpose: string, plaintext: string, context: string): string;
  /** Throws when it was not sealed so. */
  open(purpose: string, sealed: string, context: string): string;
}

export interface PushRequest {
  repoURL: string;
  /** Name of the branch, without `refs/heads/`. */
  branch: string;
  /** A branch that is new is not made where nothing changes. */
  onlyWithChanges?: boolean;
  /** Branch or full commit that the branch begins at when there is none of this name yet. */
  base?: string;
  /** The changes, or what they are on top of the branch as it is then; it may be asked for several times. */
  changes: Changes | ((head: SourceTree) => Promise<Changes>);
  message: string;
  author: { name: string; email: string };
  /** RFC 3339, the commit's date: a second try makes the same commit. */
  at: string;
  /**
   * What asked for it. It stands in the commit as the trailer `Sluice-Operation`, and a branch that has it gets no second one. Anybody
   * can write that trailer: a commit counts only with a `Sluice-Seal` of ours for this very content, and when it makes these changes.
   */
  operation: string;
  /** Armoured signature of a commit's bytes; signs nothing when absent. */
  sign?: (payload: Uint8Array) => string;
}

export interface Pushed {
  /** Commit that the branch is at, or that made the change before. */
  commit: string;
  branch: string;
  /** `already`: an earlier try pushed it. `unchanged`: the branch has this content as it is. */
  result: "pushed" | "already" | "unchanged";
}

/** Commits to branches of repositories, over their mirrors: no work tree, no hook, credentials as for reading. */
export interface Commits {
  /**
   * Makes one commit on top of a branch and pushes it, only if the branch did not move meanwhile; tried a few times on top of where it
   * moved to. Running it twice pushes once. Throws Conflict, SourceForbidden, SourceUnavailable, RevisionNotFound, InvalidInput.
   */
  push(request: PushRequest): Promise<Pushed>;
  /** The commit that a push would make now: the mirror has it, the repository doesn't. The branch's head when nothing changes. */
  preview(request: PushRequest): Promise<string>;
}

export const OPERATION_TRAILER = "Sluice-Operation";
const SEAL_TRAILER = "Sluice-Seal";
const SEAL_PURPOSE = "commit";
const COMMITTER = { name: "Sluice", email: "sluice@sluice.dev" };
/** Commits of a branch that are looked through for one that was made before. */
const SEARCHED = 5_000;
const ATTEMPTS = 5;
/** Pause before another try, doubled each time up to the longest; half of it at random, so that those who meet part. */
const PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1_000;

export function createCommits({
  mirrors,
  seals,
  attempts = ATTEMPTS,
}: {
  mirrors: CommitMirrors;
  seals: CommitSeals;
  /** Tries on top of where the branch moved to; more where many write to one branch. */
  attempts?: number;
}): Commits {
  /** Those of this process that write to one branch take turns, so that they don't push each other back. */
  const turns = new Map<string, Promise<unknown>>();

  async function inTurn<Result>(branch: string, work: () => Promise<Result>): Promise<Result> {
    const before = turns.get(branch);
    const turn = (before ?? Promise.resolve()).catch(() => undefined).then(work);
    turns.set(branch, turn);
    try {
      return await turn;
    } finally {
      if (turns.get(branch) === turn) turns.delete(branch);
    }
  }

  async function tryPush(request: PushRequest): Promise<Pushed> {
    const { repoURL, branch } = request;
    const writer = mirrors.writer(repoURL);
    const head = await branchHead(repoURL, branch);
    const from = head ?? (await baseOf(request));
    const before = head && (await madeBefore(writer, head, request));
    if (before) return { commit: before, branch, result: "already" };
    const objects = await commitOn(from, request, (tree) => [sealOf(writer.url, request, tree, from)]);
    const commit = objects.at(-1);
    if (!commit) {
      if (head === undefined && request.onlyWithChanges !== true) await writer.push(from, branch, undefined);
      return { commit: from, branch, result: "unchanged" };
    }
    await writer.write(objects);
    await writer.push(commit.oid, branch, head);
    return { commit: commit.oid, branch, result: "pushed" };
  }

  /** The newest commit of the branch that is ours, for this request, and makes its changes. */
  async function madeBefore(writer: MirrorWriter, head: string, request: PushRequest): Promise<string | undefined> {
    const found = await writer.trailers(head, { key: OPERATION_TRAILER, beside: SEAL_TRAILER }, SEARCHED);
    for (const { commit, tree, parents, values, beside } of found) {
      const [parent, ...others] = parents;
      if (parent === undefined || others.length > 0 || !values.includes(request.operation)) continue;
      const context = sealed(writer.url, request, tree, parent);
      if (!beside.some((seal) => opens(seal, context))) continue;
      if ((await changedOn(parent, request))?.root === tree) return commit;
    }
    return undefined;
  }

  const sealOf = (url: string, request: PushRequest, tree: string, parent: string): string =>
    `${SEAL_TRAILER}: ${seals.seal(SEAL_PURPOSE, "", sealed(url, request, tree, parent))}`;

  function opens(seal: string, context: string): boolean {
    try {
      return seals.open(SEAL_PURPOSE, seal, context) === "";
    } catch {
      return false;
    }
  }

  async function branchHead(repoURL: string, branch: string): Promise<string | undefined> {
    try {
      return await mirrors.fetchRef(repoURL, `refs/heads/${branch}`);
    } catch (error) {
      if (toSluiceError(error).code !== "RevisionNotFound") throw error;
      return undefined;
    }
  }

  async function baseOf({ repoURL, branch, base }: PushRequest): Promise<string> {
    if (base === undefined) {
      throw new SluiceError("RevisionNotFound", `The repository has no branch ${branch}.`, {
        next: "name a branch that it has",
      });
    }
    return COMMIT.test(base) ? base : await mirrors.fetchRef(repoURL, `refs/heads/${base}`);
  }

  /** The commit, last, with the objects it needs; none when nothing changes. */
  async function commitOn(
    parent: string,
    request: PushRequest,
    trailers: (tree: string) => string[] = () => [],
  ): Promise<NewObject[]> {
    const changed = await changedOn(parent, request);
    if (!changed) return [];
    const unsigned = commitBytes(changed.root, parent, request, trailers(changed.root));
    const bytes = signedBytes(unsigned, parent.length, request.sign);
    return [...changed.objects, { type: "commit", oid: objectId("commit", bytes, parent.length), bytes }];
  }

  /** The tree with the changes made to that of a commit; undefined when nothing changes. */
  async function changedOn(
    parent: string,
    request: PushRequest,
  ): Promise<Awaited<ReturnType<typeof changedTree>> | undefined> {
    const { repoURL } = request;
    const tree = await mirrors.ensure(repoURL, parent);
    try {
      const changes = typeof request.changes === "function" ? await request.changes(tree) : request.changes;
      const root = await mirrors.rootTree(repoURL, parent);
      const changed = await changedTree(root, changes, (oid) => mirrors.readTree(repoURL, oid));
      return changed.root === root ? undefined : changed;
    } finally {
      tree.close();
    }
  }

  return {
    async push(request) {
      checkBranch(request.branch);
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await inTurn(`${request.branch} ${mirrors.writer(request.repoURL).url}`, () => tryPush(request));
        } catch (error) {
          if (toSluiceError(error).code !== "Conflict" || attempt >= attempts) throw error;
        }
        await sleep(Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2));
      }
    },
    async preview(request) {
      checkBranch(request.branch);
      const from = (await branchHead(request.repoURL, request.branch)) ?? (await baseOf(request));
      const objects = await commitOn(from, request);
      await mirrors.writer(request.repoURL).write(objects);
      return objects.at(-1)?.oid ?? from;
    },
  };
}

function checkBranch(branch: string): void {
  const reason = refusedRef(branch);
  if (reason === undefined) return;
  throw new SluiceError("InvalidInput", `The branch ${JSON.stringify(branch.slice(0, 100))} is refused: ${reason}.`);
}

/** A commit with a signature in its header, as git writes it: lines after the first begin with a space. */
function signedBytes(bytes: Uint8Array, oidLength: number, sign: PushRequest["sign"]): Uint8Array {
  if (!sign) return bytes;
  const text = new TextDecoder().decode(bytes);
  const end = text.indexOf("\n\n");
  const field = oidLength === 64 ? "gpgsig-sha256" : "gpgsig";
  const signature = sign(bytes).replaceAll("\n", "\n ");
  return new TextEncoder().encode(`${text.slice(0, end)}\n${field} ${signature}${text.slice(end)}`);
}

/** What a seal stands for: this content on this parent, for this operation on this branch, and nothing else. */
const sealed = (url: string, { branch, operation }: PushRequest, tree: string, parent: string): string =>
  JSON.stringify([url, branch, operation, tree, parent]);

function commitBytes(
  tree: string,
  parent: string,
  { author, at, message, operation }: PushRequest,
  trailers: readonly string[],
): Uint8Array {
  const seconds = Math.floor(Date.parse(at) / 1_000);
  const who = ({ name, email }: PushRequest["author"]): string => `${plain(name)} <${plain(email)}> ${seconds} +0000`;
  const text = message.replaceAll("\0", "").trimEnd();
  const header = `tree ${tree}\nparent ${parent}\nauthor ${who(author)}\ncommitter ${who(COMMITTER)}\n`;
  return new TextEncoder().encode(
    `${header}\n${text}\n\n${[`${OPERATION_TRAILER}: ${operation}`, ...trailers].join("\n")}\n`,
  );
}

/** What git takes for a name or an address. */
const plain = (text: string): string => text.replaceAll(/[\u0000-\u001f\u007f<>]/g, " ").trim() || "unknown";
