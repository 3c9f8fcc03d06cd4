import { writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { GitFixture } from "../../../adapters/embedded/index.ts";
import { createDiscover } from "../../../activities/release/discover.ts";
import { createHistory } from "../../../adapters/git/history.ts";
import { ReleaseSourceSpec } from "../../../schemas/kinds/release-source.ts";
import type { ReleaseContent } from "../../../schemas/promotion.ts";
import { gitMirrors } from "./git-mirrors.ts";

const { openMirrors, repositoryOf } = gitMirrors();

/** What a source of one repository finds, after a release whose commit was `before`. */
async function opened(): Promise<{
  repository: GitFixture;
  find(git?: object, more?: { before?: string; chosen?: string }): ReturnType<ReturnType<typeof createDiscover>>;
}> {
  const { url: repoURL, repository } = await repositoryOf();
  const { mirrors } = await openMirrors();
  const discover = createDiscover({
    history: createHistory(mirrors),
    registry: undefined as never,
    charts: undefined as never,
  });
  return {
    repository,
    find: (git = {}, { before, chosen } = {}) => {
      const spec = ReleaseSourceSpec.parse({ subscriptions: [{ name: "apps", git: { repoURL, ...git } }] });
      const content: ReleaseContent | undefined =
        before === undefined
          ? undefined
          : { commits: [{ subscription: "apps", repoURL, commit: before }], images: [], charts: [] };
      return discover({ spec, before: content, ...(chosen !== undefined && { chosen: { apps: chosen } }) });
    },
  };
}

describe("the newest commit of a branch", () => {
  it("is its head, and carries what came after the release before", async () => {
    const { repository, find } = await opened();
    const first = await repository.commit({ "a.txt": "1" }, "first");
    expect((await find()).found).toMatchObject({
      content: { commits: [{ subscription: "apps", commit: first }] },
      commits: [{ commit: first, subject: "first" }],
      more: 0,
    });
    const second = await repository.commit({ "a.txt": "2" }, "SHOP-12: second\n\nAlso OPS-7.\n");
    const third = await repository.commit({ "a.txt": "3" }, "third");
    const { found } = await find({}, { before: first });
    expect(found!.commits.map(({ commit }) => commit).toSorted()).toEqual([second, third].toSorted());
    expect(found!.commits.find(({ commit }) => commit === second)).toMatchObject({
      subject: "SHOP-12: second",
      tickets: ["SHOP-12", "OPS-7"],
      author: { name: expect.any(String) as string, email: expect.stringContaining("@") as string },
    });
    expect(found!.authors.length).toBeGreaterThan(0);
    expect((await find({}, { before: third })).found!.commits).toEqual([]);
  });

  it("counts only commits that change the paths that are named, and not those of paths that are left out", async () => {
    const { repository, find } = await opened();
    const deploy = await repository.commit({ "deploy/web/app.yaml": "1", "docs/a.md": "1" }, "deploy");
    await repository.commit({ "src/main.ts": "1" }, "source");
    const docs = await repository.commit({ "docs/a.md": "2" }, "docs");
    const newest = async (git: object): Promise<string | undefined> =>
      (await find(git)).found?.content.commits[0]?.commit;
    expect(await newest({ includePaths: ["deploy/**"] })).toBe(deploy);
    expect(await newest({ includePaths: ["deploy"] })).toBe(deploy);
    expect(await newest({ includePaths: ["deploy/*/app.yaml"] })).toBe(deploy);
    expect(await newest({ excludePaths: ["docs/**", "src/"] })).toBe(deploy);
    expect(await newest({ includePaths: ["docs/*.md"] })).toBe(docs);
    expect((await find({ includePaths: ["deploy/*.yaml"] })).failures["apps"]).toMatchObject({
      code: "RevisionNotFound",
    });
    const next = await repository.commit({ "deploy/web/app.yaml": "2" }, "again");
    const { found } = await find({ includePaths: ["deploy/**"] }, { before: deploy });
    expect(found!.commits.map(({ commit }) => commit)).toEqual([next]);
  });

  it("is the work of all who had a hand in any commit between, of paths that count or not", async () => {
    const { repository, find } = await opened();
    const first = await repository.commit({ "deploy/app.yaml": "1" }, "first");
    await raw(repository, {
      author: "Bob <bob@shop.example>",
      committer: "Mia <mia@shop.example>",
      file: "src/base.yaml",
    });
    await raw(repository, {
      ...{ author: "Ada <ada@shop.example>", committer: "GitHub <noreply@github.com>", file: "deploy/app.yaml" },
      message: "second\n\nText.\n\nCo-authored-by: Cid C. <cid@shop.example>\nco-authored-by: Dan <dan@shop.example>",
    });
    const { found } = await find({ includePaths: ["deploy/**"] }, { before: first });
    expect(found!.commits.map(({ author }) => author.name)).toEqual(["Ada"]);
    expect(found!.authors.toSorted()).toEqual([
      ...["Ada", "Bob", "Cid C.", "Dan", "Mia", "ada@shop.example", "bob@shop.example"],
      ...["cid@shop.example", "dan@shop.example", "mia@shop.example"],
    ]);
  });

  it("carries itself alone where the release before is not in the repository any more", async () => {
    const { repository, find } = await opened();
    await repository.commit({ "a.txt": "1" }, "first");
    const second = await repository.commit({ "a.txt": "2" }, "second");
    const { found } = await find({}, { before: "0123456789".repeat(4) });
    expect(found!.commits.map(({ commit }) => commit)).toEqual([second]);
  });

  it("of a branch that is not there says so", async () => {
    const { repository, find } = await opened();
    await repository.commit({ "a.txt": "1" }, "first");
    expect((await find({ branch: "gone" })).failures["apps"]).toMatchObject({ code: "RevisionNotFound" });
  });
});

describe("the newest tag", () => {
  it("is by version, by name or by date, annotated or not", async () => {
    const { repository, find } = await opened();
    const commits: Record<string, string> = {};
    for (const [index, tag] of ["v1.10.0", "v1.9.0", "zebra", "v2.0.0-rc.1"].entries()) {
      commits[tag] = await repository.commit({ "a.txt": tag }, tag);
      await repository.git(
        ...["-c", "user.name=T", "-c", "user.email=t@t.example", "tag"],
        ...(index % 2 === 0 ? ["-m", "annotated"] : []),
        tag,
      );
    }
    const newest = async (git: object) => {
      const { found, failures } = await find(git);
      const { tag, commit } = found?.content.commits[0] ?? {};
      expect(failures).toEqual({});
      expect(commit).toBe(commits[tag ?? ""]);
      return tag;
    };
    expect(await newest({ strategy: "SemVer" })).toBe("v1.10.0");
    expect(await newest({ strategy: "SemVer", semverConstraint: ">=2.0.0-0" })).toBe("v2.0.0-rc.1");
    expect(await newest({ strategy: "Lexical" })).toBe("zebra");
    expect(await newest({ strategy: "Lexical", allowTags: "^v1" })).toBe("v1.9.0");
    expect((await find({ strategy: "SemVer", allowTags: "^nothing" })).failures["apps"]).toMatchObject({
      code: "RevisionNotFound",
      message: expect.stringContaining("None of the 4 tags") as string,
    });
  });

  it("by date is the one that was made last, whatever it is called", async () => {
    const { repository, find } = await opened();
    for (const [tag, date] of [
      ["b", "2026-01-02T00:00:00Z"],
      ["c", "2026-01-03T00:00:00Z"],
      ["a", "2026-01-01T00:00:00Z"],
    ] as const) {
      const made = await repository.commit({ "a.txt": tag }, tag);
      const tree = (await repository.git("rev-parse", `${made}^{tree}`)).trim();
      const raw = `tree ${tree}\nauthor T <t@t.example> ${Date.parse(date) / 1_000} +0000\ncommitter T <t@t.example> ${Date.parse(date) / 1_000} +0000\n\n${tag}\n`;
      const file = `${repository.path}/commit-${tag}`;
      await writeFile(file, raw);
      const commit = (await repository.git("hash-object", "-t", "commit", "-w", file)).trim();
      await repository.git("tag", tag, commit);
    }
    expect((await find({ strategy: "NewestTag" })).found?.content.commits[0]).toMatchObject({ tag: "c" });
    expect((await find({ strategy: "NewestTag", ignoreTags: ["c"] })).found?.content.commits[0]).toMatchObject({
      tag: "b",
    });
  });

  it("gives way to a revision that was chosen", async () => {
    const { repository, find } = await opened();
    const first = await repository.commit({ "a.txt": "1" }, "first");
    await repository.git("tag", "v1.0.0", first);
    await repository.commit({ "a.txt": "2" }, "second");
    expect((await find({}, { chosen: "v1.0.0" })).found?.content.commits[0]).toMatchObject({
      commit: first,
      tag: "v1.0.0",
    });
    expect((await find({}, { chosen: first.slice(0, 10) })).found?.content.commits[0]).toMatchObject({ commit: first });
    expect((await find({}, { chosen: "nothing" })).failures["apps"]).toMatchObject({ code: "RevisionNotFound" });
  });
});

/** A commit on `main` that changes a file, by these people. */
async function raw(
  repository: GitFixture,
  {
    author,
    committer,
    file,
    message = "change",
  }: { author: string; committer: string; file: string; message?: string },
): Promise<void> {
  const parent = (await repository.head())!;
  const made = await repository.commit({ [file]: author }, "content");
  const tree = (await repository.git("rev-parse", `${made}^{tree}`)).trim();
  const when = "1767225600 +0000";
  const text = `tree ${tree}\nparent ${parent}\nauthor ${author} ${when}\ncommitter ${committer} ${when}\n\n${message}\n`;
  await writeFile(`${repository.path}/raw-commit`, text);
  const commit = (await repository.git("hash-object", "-t", "commit", "-w", `${repository.path}/raw-commit`)).trim();
  await repository.git("update-ref", "refs/heads/main", commit);
}
