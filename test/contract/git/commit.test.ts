import { describe, expect, it } from "vitest";
import type { GitFixture } from "../../../adapters/embedded/index.ts";
import { createCommits, type PushRequest } from "../../../adapters/git/commit.ts";
import { createKeyring } from "../../../adapters/secrets/keyring.ts";
import { CANARY, gitMirrors } from "./git-mirrors.ts";

const { openMirrors, repositoryOf } = gitMirrors();

const SEALS = createKeyring([new Uint8Array(32).fill(7)]);
const FILES = { "web/a.yaml": "a: 1\n", "web/deep/b.yaml": "b: 1\n", "other/c.yaml": "c: 1\n", "README.md": "hello\n" };

async function world(options: Parameters<typeof openMirrors>[0] = {}) {
  const { url, repository } = await repositoryOf();
  const first = await repository.commit(FILES, "first");
  const { mirrors } = await openMirrors(options);
  const commits = createCommits({ mirrors, seals: SEALS });
  const request = (more: Partial<PushRequest> = {}): PushRequest => ({
    repoURL: url,
    branch: "main",
    changes: new Map([["web/a.yaml", { content: "a: 2\n" }]]),
    message: "Change a",
    author: { name: "ada", email: "ada@example.com" },
    at: "2026-01-02T03:04:05Z",
    operation: "rollback-1",
    ...more,
  });
  return {
    url,
    repository,
    first,
    mirrors,
    commits,
    push: (more?: Partial<PushRequest>) => commits.push(request(more)),
  };
}

const oidOf = async (repository: GitFixture, name: string): Promise<string> =>
  (await repository.git("rev-parse", name)).trim();

describe("a commit", () => {
  it("stands on the branch with its parent, author, date, message and trailer", async () => {
    const { repository, first, push } = await world();
    const { commit, result } = await push();
    expect(result).toBe("pushed");
    expect(await repository.head()).toBe(commit);
    const written = await repository.git("log", "-1", "--format=%P|%an|%ae|%aI|%cn|%B", "main");
    expect(written.replace(/(?<=^Sluice-Seal: sealed:v1:)[\w+/=]{44}$/m, "SEAL")).toBe(
      `${first}|ada|ada@example.com|2026-01-02T03:04:05+00:00|Sluice|Change a\n\nSluice-Operation: rollback-1\n` +
        "Sluice-Seal: sealed:v1:SEAL\n\n",
    );
    expect(await repository.read("web/a.yaml")).toBe("a: 2\n");
    expect(await repository.git("diff", "--name-only", first, commit)).toBe("web/a.yaml\n");
    await repository.git("fsck", "--strict");
  });

  it("adds, changes and removes files in any depth, and leaves no empty directory", async () => {
    const { repository, push } = await world();
    await push({
      changes: new Map([
        ["web/deep/b.yaml", null],
        ["new/er/d.yaml", { content: "d: 1\n" }],
        ["run.sh", { content: "#!/bin/sh\n", mode: "100755" }],
        ["nowhere/to/be.seen", null],
      ]),
    });
    const listed = await repository.git("ls-tree", "-r", "--format=%(objectmode) %(path)", "main");
    expect(listed.trim().split("\n")).toEqual([
      "100644 README.md",
      "100644 new/er/d.yaml",
      "100644 other/c.yaml",
      "100755 run.sh",
      "100644 web/a.yaml",
    ]);
    await repository.git("fsck", "--strict");
  });

  it("puts a directory back to the tree of an older commit, and keeps what others changed beside it", async () => {
    const { url, repository, first, mirrors, push } = await world();
    await repository.commit({ "web/a.yaml": "a: bad\n", "web/extra.yaml": "x\n", "other/c.yaml": "c: 2\n" }, "bad");
    const old = await mirrors.ensure(url, first);
    const entry = await old.entry("web");
    old.close();
    await push({ changes: new Map([["web", { tree: entry!.oid }]]) });
    expect(await oidOf(repository, "main:web")).toBe(entry!.oid);
    expect(await repository.read("other/c.yaml")).toBe("c: 2\n");
    await repository.git("fsck", "--strict");
  });

  it("of the whole repository takes the older root tree", async () => {
    const { repository, first, push } = await world();
    await repository.commit({ "web/a.yaml": "a: bad\n", "z.txt": "z" }, "bad");
    await push({ changes: new Map([[".", { tree: await oidOf(repository, `${first}^{tree}`) }]]) });
    expect(await oidOf(repository, "main^{tree}")).toBe(await oidOf(repository, `${first}^{tree}`));
  });

  it("sorts as git does: a directory as if its name ended with a slash", async () => {
    const { repository, push } = await world();
    await push({
      changes: new Map(["a.b", "a/x", "a-b", "a0", "ä", "A"].map((path) => [path, { content: path }] as const)),
    });
    await repository.git("fsck", "--strict");
    expect(
      (await repository.git("-c", "core.quotePath=false", "ls-tree", "-r", "--name-only", "main")).split("\n"),
    ).toEqual(expect.arrayContaining(["A", "a-b", "a.b", "a/x", "a0", "ä"]));
  });
});

describe("running it again", () => {
  it("pushes once, also after others have pushed", async () => {
    const { repository, push } = await world();
    const { commit } = await push();
    expect(await push()).toEqual({ commit, branch: "main", result: "already" });
    const newer = await repository.commit({ "other/c.yaml": "c: 3\n" }, "newer");
    expect(await push()).toEqual({ commit, branch: "main", result: "already" });
    expect(await repository.head()).toBe(newer);
  });

  it("makes the very same commit on the same parent, in another process too", async () => {
    const { repository, first, push, url } = await world();
    const { commit } = await push();
    await repository.git("update-ref", "refs/heads/main", first);
    const { mirrors } = await openMirrors();
    const again = await createCommits({ mirrors, seals: SEALS }).push({
      repoURL: url,
      branch: "main",
      changes: new Map([["web/a.yaml", { content: "a: 2\n" }]]),
      message: "Change a",
      author: { name: "ada", email: "ada@example.com" },
      at: "2026-01-02T03:04:05Z",
      operation: "rollback-1",
    });
    expect(again).toEqual({ commit, branch: "main", result: "pushed" });
  });

  it("of a change that is there already pushes nothing", async () => {
    const { repository, first, push } = await world();
    const unchanged = await push({ changes: new Map([["web/a.yaml", { content: "a: 1\n" }]]) });
    expect(unchanged).toEqual({ commit: first, branch: "main", result: "unchanged" });
    expect(await repository.head()).toBe(first);
  });
});

describe("a commit of somebody else that says it is ours", () => {
  const OPERATION = "Sluice-Operation: rollback-1";
  const EVIL = { "web/a.yaml": "a: evil\n" };
  const sealIn = (message: string): string => /^Sluice-Seal: .*$/m.exec(message)![0];

  it("is not taken for it, so the change is made on top", async () => {
    const { repository, push } = await world();
    const forged = await repository.commit(EVIL, `Change a\n\n${OPERATION}`);
    const { commit, result } = await push();
    expect(result).toBe("pushed");
    expect(await oidOf(repository, `${commit}^`)).toBe(forged);
    expect(await repository.read("web/a.yaml")).toBe("a: 2\n");
    expect(await push()).toEqual({ commit, branch: "main", result: "already" });
  });

  it.each([
    ["no seal of ours", () => `Sluice-Seal: ${createKeyring([new Uint8Array(32).fill(8)]).seal("commit", "", "x")}`],
    ["the seal of our commit", sealIn],
    ["a line like that of our commit", (message: string) => `X: y\n ${"0".repeat(40)}\t${sealIn(message)}`],
  ])("with %s is not taken for it either", async (_, trailer) => {
    const { repository, first, push } = await world();
    const ours = await push();
    const message = await repository.git("log", "-1", "--format=%B", ours.commit);
    await repository.git("update-ref", "refs/heads/main", first);
    const forged = await repository.commit(EVIL, `Change a\n\n${OPERATION}\n${trailer(message)}`);
    const { commit, result } = await push();
    expect(result).toBe("pushed");
    expect(await oidOf(repository, `${commit}^`)).toBe(forged);
  });

  it("behind which ours is does not hide ours", async () => {
    const { repository, push } = await world();
    const { commit } = await push();
    await repository.commit(EVIL, `Change a\n\n${OPERATION}`);
    expect(await push()).toEqual({ commit, branch: "main", result: "already" });
  });

  it("is not ours of another branch, operation or change", async () => {
    const { repository, push } = await world();
    const { commit } = await push();
    await repository.git("branch", "other", "main");
    expect(await push({ branch: "other" })).toEqual({ commit, branch: "other", result: "unchanged" });
    expect(await push({ operation: "rollback-2" })).toEqual({ commit, branch: "main", result: "unchanged" });
    const changes = new Map([["web/a.yaml", { content: "a: 3\n" }]]);
    expect(await push({ changes })).toMatchObject({ result: "pushed" });
  });

  it("is ours still when another key seals new ones", async () => {
    const { url, mirrors, push } = await world();
    const { commit } = await push();
    const seals = createKeyring([new Uint8Array(32).fill(9), new Uint8Array(32).fill(7)]);
    const again = await createCommits({ mirrors, seals }).push({
      ...{ repoURL: url, branch: "main", changes: new Map([["web/a.yaml", { content: "a: 2\n" }]]) },
      ...{ message: "Change a", author: { name: "ada", email: "ada@example.com" } },
      ...{ at: "2026-01-02T03:04:05Z", operation: "rollback-1" },
    });
    expect(again).toEqual({ commit, branch: "main", result: "already" });
  });
});

describe("a branch", () => {
  it("that moves between the look and the push is built upon anew", async () => {
    const { repository, push } = await world();
    let moves = 2;
    const { result } = await push({
      changes: async () => {
        if (moves-- > 0) await repository.commit({ "other/c.yaml": `c: ${moves}\n` }, "meanwhile");
        return new Map([["web/a.yaml", { content: "a: 2\n" }]]);
      },
    });
    expect(result).toBe("pushed");
    expect(await repository.read("other/c.yaml")).toBe("c: 0\n");
    expect(await repository.read("web/a.yaml")).toBe("a: 2\n");
    expect((await repository.git("rev-list", "--count", "main")).trim()).toBe("4");
  });

  it("that never stands still is given up with Conflict, and nothing of others is lost", async () => {
    const { repository, push } = await world();
    let count = 0;
    const never = push({
      changes: async () => {
        await repository.commit({ "other/c.yaml": `c: ${(count += 1)}\n` }, "meanwhile");
        return new Map([["web/a.yaml", { content: "a: 2\n" }]]);
      },
    });
    await expect(never).rejects.toMatchObject({ code: "Conflict" });
    expect(await repository.read("web/a.yaml")).toBe("a: 1\n");
    expect(await repository.read("other/c.yaml")).toBe(`c: ${count}\n`);
  });

  it("that is new begins at its base", async () => {
    const { repository, first, push } = await world();
    const { commit } = await push({ branch: "revert/web", base: "main" });
    expect(await repository.head("revert/web")).toBe(commit);
    expect(await oidOf(repository, "revert/web^")).toBe(first);
    expect(await repository.head()).toBe(first);
    await expect(push({ branch: "nowhere" })).rejects.toMatchObject({ code: "RevisionNotFound" });
  });

  it("that the server protects is refused with the server's word", async () => {
    const { repository, first, push } = await world();
    await repository.git("config", "receive.denyNonFastForwards", "true");
    await repository.git("config", "receive.hideRefs", "refs/heads/locked");
    const refused = push({ branch: "locked", base: first });
    await expect(refused).rejects.toMatchObject({
      code: "SourceForbidden",
      message: expect.stringContaining("locked"),
    });
  });
});

describe("refused", () => {
  it.each([
    ["../up.yaml", "InvalidInput"],
    ["/etc/passwd", "InvalidInput"],
    [".git/config", "InvalidInput"],
    ["a/.GIT/config", "InvalidInput"],
  ])("the path %s", async (path, code) => {
    const { push } = await world();
    await expect(push({ changes: new Map([[path, { content: "x" }]]) })).rejects.toMatchObject({ code });
  });

  it.each(["-x", "a..b", "a b", ""])("the branch %j", async (branch) => {
    const { push } = await world();
    await expect(push({ branch })).rejects.toMatchObject({ code: "InvalidInput" });
  });

  it("two changes of which one holds the other", async () => {
    const { push, first } = await world();
    const changes = new Map([
      ["web", { tree: first }],
      ["web/a.yaml", { content: "x" }],
    ]);
    await expect(push({ changes })).rejects.toMatchObject({ code: "InvalidInput" });
  });

  it("a push with wrong credentials, without a word of them", async () => {
    const { push } = await world({ credentialsFor: async () => ({ username: "sluice", password: `${CANARY}-wrong` }) });
    const error: unknown = await push().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "SourceForbidden" });
    expect(String(error)).not.toContain(CANARY);
  });
});
