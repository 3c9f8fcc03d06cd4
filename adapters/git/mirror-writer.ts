import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "../../schemas/errors.ts";
import type { GitFailure } from "./failure.ts";
import type { NewObject } from "./tree-change.ts";

/** Runs git on one mirror, alone; with `remote` it has the repository's credentials. */
export interface MirrorGit {
  url: string;
  /** As git is given it. */
  address: string;
  /** Where short-lived files may be; those that stay behind are swept. */
  scratch: string;
  run(
    request: "commit" | "push" | "fetch" | "log",
    args: readonly string[],
    more?: { remote?: boolean; onFailure?: (failure: GitFailure) => SluiceError | undefined },
  ): Promise<string>;
}

/** Writes to a mirror, and from there to its repository. */
export interface MirrorWriter {
  url: string;
  /** Objects that the mirror has from now on. Throws Internal when git gives one another id. */
  write(objects: readonly NewObject[]): Promise<void>;
  /** The commits from this one back that have a trailer of this key, among so many, newest first. */
  trailers(from: string, keys: { key: string; beside: string }, most: number): Promise<TrailedCommit[]>;
  /**
   * Moves a branch to a commit of the mirror if it is where it is expected to be, undefined for nowhere. Throws Conflict when it is
   * elsewhere, SourceForbidden when the repository does not take the push.
   */
  push(commit: string, branch: string, expected: string | undefined): Promise<void>;
}

/** A commit with what its trailers say, which anybody can write. */
export interface TrailedCommit {
  commit: string;
  tree: string;
  parents: string[];
  values: string[];
  /** Values of the other trailer that was asked for. */
  beside: string[];
}

const words = (text: string | undefined): string[] => text?.split(/\s+/).filter(Boolean) ?? [];

/** Arguments of one command: far below the limit of any system. */
const FILES_AT_ONCE = 200;

export function createMirrorWriter(git: MirrorGit): MirrorWriter {
  async function writeSome(type: NewObject["type"], objects: readonly NewObject[], dir: string): Promise<void> {
    const files = await Promise.all(
      objects.map(async ({ oid, bytes }) => {
        const file = join(dir, oid);
        await writeFile(file, bytes, { mode: 0o600 });
        return file;
      }),
    );
    const printed = await git.run("commit", ["hash-object", "-w", "--no-filters", "-t", type, "--", ...files]);
    const ids = printed.split("\n").filter(Boolean);
    if (objects.some(({ oid }, index) => ids[index] !== oid)) {
      throw new SluiceError("Internal", `git gave a ${type} another id than its content has`);
    }
  }

  return {
    url: git.url,
    async write(objects) {
      if (objects.length === 0) return;
      // The prefix is that of credentials: what a killed process leaves is swept at the next start.
      const dir = await mkdtemp(join(git.scratch, "access-write-"));
      try {
        for (const type of ["blob", "tree", "commit"] as const) {
          const ofType = new Map(
            objects.filter((object) => object.type === type).map((object) => [object.oid, object]),
          );
          const list = [...ofType.values()];
          for (let from = 0; from < list.length; from += FILES_AT_ONCE) {
            await writeSome(type, list.slice(from, from + FILES_AT_ONCE), dir);
          }
        }
      } finally {
        await rm(dir, { recursive: true, force: true });
      }
    },
    async trailers(from, keys, most) {
      const valuesOf = (key: string): string => `%(trailers:key=${key},valueonly,unfold,separator=%x20)`;
      const format = `--format=%H%x09%T%x09%P%x09${valuesOf(keys.key)}%x09${valuesOf(keys.beside)}`;
      // With NUL between them no message can look like another commit's line.
      const printed = await git.run("commit", ["log", "-z", `--max-count=${most}`, format, from, "--"]);
      return printed.split("\0").flatMap((line) => {
        const [commit, tree, parents, values, beside] = line.split("\t") as [string, ...(string | undefined)[]];
        const found = {
          commit,
          tree: tree ?? "",
          parents: words(parents),
          values: words(values),
          beside: words(beside),
        };
        return found.values.length > 0 ? [found] : [];
      });
    },
    async push(commit, branch, expected) {
      const ref = `refs/heads/${branch}`;
      const args = [
        "push",
        "--no-progress",
        "--no-verify",
        "--no-signed",
        `--force-with-lease=${ref}:${expected ?? ""}`,
      ];
      await git.run("push", [...args, "--", git.address, `${commit}:${ref}`], {
        remote: true,
        onFailure: (failure) => refusal(git.url, branch, failure),
      });
    },
  };
}

/** What git says of a branch that is elsewhere than expected: the client's words, and those of servers up to 2.49 and from 2.50 on. */
const MOVED =
  /stale info|fetch first|non-fast-forward|cannot lock ref|failed to update ref|remote ref updated|incorrect old value|reference already exists/i;

/** What a push that came to nothing means; undefined for what any other command may fail with. */
function refusal(url: string, branch: string, { stderr }: GitFailure): SluiceError | undefined {
  if (MOVED.test(stderr)) {
    return new SluiceError("Conflict", `The branch ${branch} of ${url} moved meanwhile.`, {
      next: "try again: it then starts from where the branch is now",
    });
  }
  const said = /\[remote rejected\].*\(([^)]*)\)/.exec(stderr)?.[1];
  if (said !== undefined || /hook declined|protected branch|GH006|not allowed to push/i.test(stderr)) {
    const why = said === undefined ? "" : `: ${said.slice(0, 200)}`;
    return new SluiceError("SourceForbidden", `${url} does not take a push to the branch ${branch}${why}.`, {
      next: "push to another branch, or allow it to the Repository's credentials",
    });
  }
  if (
    /authentication failed|error: (?:401|403)\b|permission denied|access denied|denied to|not permitted/i.test(stderr)
  ) {
    return new SluiceError("SourceForbidden", `${url} refused the credentials for a push, or needs some.`, {
      next: "give the Repository credentials that may write to it",
    });
  }
  return undefined;
}
