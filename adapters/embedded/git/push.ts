import type { GitFixture } from "../git-repository.ts";

/** A branch or tag that a push moved. An id is null where the ref was made or deleted. */
export interface GitPush {
  /** The repository's name, without `.git`. */
  repository: string;
  /** `refs/heads/main` and the like. */
  ref: string;
  before: string | null;
  after: string | null;
}

/** The refs of a repository and the commit that each is at; none when there is no such repository. */
export async function refsOf(repository: GitFixture): Promise<Map<string, string>> {
  const listed = await repository.git("for-each-ref", "--format=%(refname) %(objectname)").catch(() => "");
  const lines = listed.split("\n").filter((line) => line !== "");
  return new Map(lines.map((line) => line.split(" ") as [string, string]));
}

/** What moved between two readings of a repository's refs, by name. */
export function movedRefs(before: Map<string, string>, after: Map<string, string>): Omit<GitPush, "repository">[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((ref) => before.get(ref) !== after.get(ref))
    .toSorted()
    .map((ref) => ({ ref, before: before.get(ref) ?? null, after: after.get(ref) ?? null }));
}
