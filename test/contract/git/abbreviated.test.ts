import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { GitFixture } from "../../../adapters/embedded/index.ts";
import { gitMirrors, requests } from "./git-mirrors.ts";

const { openMirrors, repositoryOf } = gitMirrors();

describe("an abbreviated commit", () => {
  it("stands for the one commit whose id begins so, at a tip or in the history of what was fetched", async () => {
    const { url, repository } = await repositoryOf();
    const { mirrors } = await openMirrors();
    const first = await repository.commit({ "a.txt": "1" }, "first");
    const second = await repository.commit({ "a.txt": "2" }, "second");
    const aside = await repository.commit({ "a.txt": "3" }, "aside", "feature/x");
    for (const commit of [first, second, aside]) {
      const found = await mirrors.resolve(url, commit.slice(0, 7).toUpperCase());
      expect(found).toEqual({ revision: commit, ref: commit });
      (await mirrors.ensure(url, found.revision)).close();
    }
  });

  it("of no commit is no revision, nor are six digits, nor what is the id of a tree", async () => {
    const { url, repository } = await repositoryOf();
    const { mirrors } = await openMirrors();
    const commit = await repository.commit({ "a.txt": "1" }, "first");
    const tree = (await repository.git("rev-parse", `${commit}^{tree}`)).trim();
    for (const target of ["0000000", commit.slice(0, 6), tree.slice(0, 12)]) {
      await expect(mirrors.resolve(url, target)).rejects.toMatchObject({
        code: "RevisionNotFound",
        message: expect.stringContaining(`no branch or tag "${target}"`),
      });
    }
  });

  it("gives way to a branch of that name, and is not looked for where a name can be none", async () => {
    const { url, repository } = await repositoryOf();
    const { mirrors, metrics } = await openMirrors();
    const first = await repository.commit({ "a.txt": "1" }, "first");
    const second = await repository.commit({ "a.txt": "2" }, "second");
    await repository.git("branch", first.slice(0, 7), second);
    expect((await mirrors.resolve(url, first.slice(0, 7))).revision).toBe(second);
    await mirrors.resolve(url, "main");
    expect(await requests(metrics)).not.toHaveProperty("rev-parse");
  });

  it("of several is refused with those there are", async () => {
    const { url, repository } = await repositoryOf();
    const { mirrors } = await openMirrors();
    await repository.commit({ "a.txt": "1" }, "first");
    const [one, other] = await alike(repository);
    await expect(mirrors.resolve(url, one.slice(0, 7))).rejects.toMatchObject({
      code: "RevisionNotFound",
      message: expect.stringMatching(new RegExp(`${one}.*${other}|${other}.*${one}`)),
      next: expect.stringContaining("more digits"),
    });
  });
});

/** Two commits, at branches of their own, whose ids begin with the same 7 digits: found among some ten thousand. */
async function alike(repository: GitFixture): Promise<[string, string]> {
  const tree = (await repository.git("rev-parse", "HEAD^{tree}")).trim();
  const seen = new Map<string, { id: string; text: string }>();
  for (let count = 0; ; count += 1) {
    const who = `t <t@example.com> ${1_700_000_000 + count} +0000`;
    const text = `tree ${tree}\nauthor ${who}\ncommitter ${who}\n\nalike\n`;
    const id = createHash("sha1").update(`commit ${text.length}\0${text}`).digest("hex");
    const other = seen.get(id.slice(0, 7));
    if (other) {
      await Promise.all([write(repository, "one", text), write(repository, "other", other.text)]);
      return [id, other.id];
    }
    seen.set(id.slice(0, 7), { id, text });
  }
}

async function write(repository: GitFixture, branch: string, text: string): Promise<void> {
  const file = join(repository.path, `${branch}.commit`);
  await writeFile(file, text);
  const id = (await repository.git("hash-object", "-t", "commit", "-w", file)).trim();
  await repository.git("update-ref", `refs/heads/${branch}`, id);
}
