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
  /** The newest commit from this one back that has a trailer of this value, among so many. */
  findTrailer(from: string, trailer: { key: string; value: string }, most: number): Promise<string | undefined>;
  /**
   * Moves a branch to a commit of the mirror if it is where it is expected to be, undefined for nowhere. Throws Conflict when it is
   * elsewhere, SourceForbidden when the repository does not take the push.
   */
  push(commit: string, branch: string, expected: string | undefined): Promise<void>;
}

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
    async findTrailer(from, { key, value }, most) {
      const format = `--format=%H %(trailers:key=${key},valueonly,separator=%x20)`;
      const printed = await git.run("commit", ["log", `--max-count=${most}`, format, from, "--"]);
      const lines = printed.split("\n").map((line) => line.trim().split(/\s+/));
      return lines.find(([, ...values]) => values.includes(value))?.[0];
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
