import { spawn } from "node:child_process";
import { readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { GitFixture } from "../../../adapters/embedded/index.ts";
import { gitMirrors, requests } from "./git-mirrors.ts";

const { openMirrors, repositoryOf } = gitMirrors();

const text = async (bytes: Promise<Uint8Array>) => Buffer.from(await bytes).toString();

describe("resolving", () => {
  it("finds branches, tags (annotated ones peeled), commits, HEAD and ranges", async () => {
    const { url, repository } = await repositoryOf();
    const { mirrors } = await openMirrors();
    const first = await repository.commit({ "a.txt": "1" }, "first");
    await repository.git("tag", "v1.0.0", first);
    const second = await repository.commit({ "a.txt": "2" }, "second");
    await repository.git(
      "-c",
      "user.name=t",
      "-c",
      "user.email=t@example.com",
      "tag",
      "-a",
      "-m",
      "m",
      "v1.2.0",
      second,
    );
    const third = await repository.commit({ "a.txt": "3" }, "third", "feature/x");

    expect(await mirrors.resolve(url, "HEAD")).toEqual({ revision: second, ref: "HEAD" });
    expect(await mirrors.resolve(url, "main")).toEqual({ revision: second, ref: "refs/heads/main" });
    expect(await mirrors.resolve(url, "feature/x")).toEqual({ revision: third, ref: "refs/heads/feature/x" });
    expect(await mirrors.resolve(url, "v1.0.0")).toEqual({ revision: first, ref: "refs/tags/v1.0.0" });
    expect(await mirrors.resolve(url, "^1.0")).toEqual({ revision: second, ref: "refs/tags/v1.2.0" });
    expect(await mirrors.resolve(url, first.toUpperCase())).toEqual({ revision: first, ref: first });
    expect(await mirrors.fetchRef(url, "refs/tags/v1.2.0")).toBe(second);
    expect((await mirrors.refs(url)).get("refs/tags/v1.2.0^{}")).toBe(second);
  });

  it.each([
    ["nope", "RevisionNotFound"],
    ["^9", "RevisionNotFound"],
    ["--upload-pack=touch x", "SourceRefused"],
    ["a..b", "SourceRefused"],
  ])("of %s ends in %s", async (target, code) => {
    const { url, repository } = await repositoryOf();
    await repository.commit({ "a.txt": "1" }, "first");
    const { mirrors } = await openMirrors();
    await expect(mirrors.resolve(url, target)).rejects.toMatchObject({ code });
  });

  it("asks once for all who wait, but anew for who comes while it is being read", async () => {
    const { url, repository } = await repositoryOf();
    const { mirrors, metrics } = await openMirrors();
    await repository.commit({ "a.txt": "1" }, "first");
    const answers = await Promise.all(Array.from({ length: 50 }, () => mirrors.resolve(url, "main")));
    expect(new Set(answers.map(({ revision }) => revision)).size).toBe(1);
    expect((await requests(metrics))["ls-remote"]).toBe(2);
  });

  it("takes an answer that was read after an instant, a fetch's too", async () => {
    const { url, repository } = await repositoryOf();
    const { mirrors, metrics } = await openMirrors();
    await repository.commit({ "a.txt": "1" }, "first");
    const before = Date.now() - 1;
    await mirrors.resolve(url, "main");
    const second = await repository.commit({ "a.txt": "2" }, "second");
    await mirrors.fetchRef(url, "refs/heads/main");
    expect((await mirrors.resolve(url, "main", { readAfter: before })).revision).toBe(second);
    expect((await mirrors.resolve(url, "HEAD", { readAfter: before })).revision).toBe(second);
    expect((await requests(metrics))["ls-remote"]).toBe(1);
    await mirrors.resolve(url, "main", { readAfter: Date.now() });
    expect((await requests(metrics))["ls-remote"]).toBe(2);
  });
});

describe("a tree", () => {
  it("is read without a work tree: entries, listings, files, symlinks", async () => {
    const { url, repository } = await repositoryOf();
    const { mirrors, dir } = await openMirrors();
    await repository.commit({ "apps/a/x.yaml": "x: 1", "apps/b/ü y.yaml": "y", "top.txt": "t" }, "first");
    const link = await linkedCommit(repository);
    const tree = await mirrors.ensure(url, link);
    expect((await tree.list("apps", { recursive: true })).map(({ path, type }) => `${type} ${path}`)).toEqual([
      "tree apps/a",
      "blob apps/a/x.yaml",
      "tree apps/b",
      "blob apps/b/ü y.yaml",
    ]);
    expect((await tree.list(".")).map(({ path, type }) => `${type} ${path}`)).toEqual([
      "tree apps",
      "symlink link",
      "blob top.txt",
    ]);
    expect(await text(tree.read("apps/a/x.yaml"))).toBe("x: 1");
    expect(await text(tree.read("link"))).toBe("apps/a");
    expect(await tree.entries(["apps", "link/x.yaml", "nope", "top.txt/x"])).toMatchObject([
      { type: "tree", mode: "040000" },
      undefined,
      undefined,
      undefined,
    ]);
    await expect(tree.readBlob((await tree.entry("top.txt"))!.oid, 0)).rejects.toMatchObject({ code: "RenderLimit" });
    await expect(tree.read("apps")).rejects.toMatchObject({ code: "SourceRefused" });
    expect(await readdir(dir, { recursive: true })).not.toContainEqual(expect.stringContaining("x.yaml"));
  });

  it("follows the repository through new commits, force pushes and deleted branches", async () => {
    const { url, repository } = await repositoryOf();
    const { mirrors } = await openMirrors();
    const first = await repository.commit({ "a.txt": "1" }, "first");
    expect(await mirrors.fetchRef(url, "refs/heads/main")).toBe(first);
    const second = await repository.commit({ "a.txt": "2" }, "second");
    expect(await text((await mirrors.ensure(url, second)).read("a.txt"))).toBe("2");
    expect(await mirrors.move(url, first, second)).toBe("forward");
    expect(await mirrors.move(url, second, second)).toBe("same");
    expect(await mirrors.move(url, second, first)).toBe("diverged");

    await repository.git("update-ref", "refs/heads/main", first);
    const rewritten = await repository.commit({ "a.txt": "3" }, "rewritten");
    expect(await mirrors.fetchRef(url, "refs/heads/main")).toBe(rewritten);
    expect(await mirrors.move(url, second, rewritten)).toBe("diverged");
    expect(await mirrors.move(url, "a".repeat(40), rewritten)).toBe("unknown");
    expect(await text((await mirrors.ensure(url, second)).read("a.txt"))).toBe("2");

    await repository.commit({ "b.txt": "1" }, "deep", "topic/deep");
    await mirrors.fetchRef(url, "refs/heads/topic/deep");
    await repository.git("update-ref", "-d", "refs/heads/topic/deep");
    const flat = await repository.commit({ "b.txt": "2" }, "flat", "topic");
    expect(await mirrors.fetchRef(url, "refs/heads/topic")).toBe(flat);
    await expect(mirrors.fetchRef(url, "refs/heads/topic/deep")).rejects.toMatchObject({ code: "RevisionNotFound" });
    await expect(mirrors.ensure(url, "a".repeat(40))).rejects.toMatchObject({ code: "RevisionNotFound" });
    await expect(mirrors.ensure(url, "main")).rejects.toMatchObject({ code: "RevisionNotFound" });
  });

  it("takes one fetch for a commit that was just resolved, and none for one that is here", async () => {
    const { url, repository } = await repositoryOf();
    const { mirrors, metrics } = await openMirrors();
    await repository.commit({ "a.txt": "1" }, "first");
    const { revision } = await mirrors.resolve(url, "main");
    await mirrors.ensure(url, revision);
    await mirrors.ensure(url, revision);
    expect(await requests(metrics)).toMatchObject({ fetch: 1, "ls-remote": 1 });
  });

  it("closes the processes that were not used for longest, and starts them again", async () => {
    const { mirrors } = await openMirrors({ maxOpen: 2 });
    const trees = [];
    for (let at = 0; at < 4; at += 1) {
      const { url, repository } = await repositoryOf();
      const revision = await repository.commit({ "a.txt": String(at) }, "first");
      trees.push(await mirrors.ensure(url, revision));
    }
    for (const [at, tree] of trees.entries()) expect(await text(tree.read("a.txt"))).toBe(String(at));
  });
});

async function linkedCommit(repository: GitFixture): Promise<string> {
  const blob = await new Promise<string>((resolve, reject) => {
    const child = spawn("git", ["hash-object", "-w", "--stdin"], { cwd: repository.path });
    let out = "";
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
    child.once("error", reject).once("close", () => resolve(out.trim()));
    child.stdin.end("apps/a");
  });
  const listed = (await repository.git("ls-tree", "main")).trim().split("\n");
  const tree = await new Promise<string>((resolve, reject) => {
    const child = spawn("git", ["mktree"], { cwd: repository.path });
    let out = "";
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
    child.once("error", reject).once("close", () => resolve(out.trim()));
    child.stdin.end(`${[...listed, `120000 blob ${blob}\tlink`].join("\n")}\n`);
  });
  const identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
  const commit = (await repository.git(...identity, "commit-tree", tree, "-m", "link", "-p", "main")).trim();
  await repository.git("update-ref", "refs/heads/main", commit);
  return commit;
}

describe("what a killed process or a bad disk leaves behind is found and made anew", () => {
  async function filled(): Promise<{
    url: string;
    revision: string;
    dir: string;
    mirror: string;
    repository: GitFixture;
  }> {
    const { url, repository } = await repositoryOf();
    const { mirrors, dir } = await openMirrors();
    const revision = await repository.commit({ "a.txt": "1", "b/c.txt": "2" }, "first");
    await mirrors.ensure(url, revision);
    await mirrors.close();
    const name = (await readdir(dir)).find((entry) => entry.endsWith(".git"))!;
    return { url, revision, dir, mirror: join(dir, name), repository };
  }

  it("a mirror that was never finished", async () => {
    const { url, revision, dir, mirror } = await filled();
    await rm(join(mirror, "sluice-mirror.json"));
    await rm(join(mirror, "HEAD"));
    const { mirrors } = await openMirrors({ dir });
    expect(await text((await mirrors.ensure(url, revision)).read("a.txt"))).toBe("1");
  });

  it("stale locks", async () => {
    const { url, dir, mirror, repository } = await filled();
    const refs = await readdir(join(mirror, "refs/sluice"), { recursive: true, withFileTypes: true });
    for (const ref of refs.filter((entry) => entry.isFile()))
      await writeFile(join(ref.parentPath, `${ref.name}.lock`), "");
    await writeFile(join(mirror, "packed-refs.lock"), "");
    const second = await repository.commit({ "a.txt": "2" }, "second");
    const { mirrors } = await openMirrors({ dir });
    expect(await mirrors.fetchRef(url, "refs/heads/main")).toBe(second);
    expect(await text((await mirrors.ensure(url, second)).read("a.txt"))).toBe("2");
  });

  it("emptied and overwritten objects", async () => {
    const { url, revision, dir, mirror } = await filled();
    const files = await readdir(join(mirror, "objects"), { recursive: true, withFileTypes: true });
    const objects = files.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    expect(objects.length).toBeGreaterThan(0);
    for (const object of objects) await truncate(object, 0).catch(() => writeFile(object, "", { flag: "w" }));
    const { mirrors } = await openMirrors({ dir });
    expect(await text((await mirrors.ensure(url, revision)).read("b/c.txt"))).toBe("2");
  });

  it("one damaged file's object: a retryable error once, then it is whole", async () => {
    const { url, revision, dir, mirror, repository } = await filled();
    const oid = (await repository.git("rev-parse", `${revision}:b/c.txt`)).trim();
    const object = join(mirror, "objects", oid.slice(0, 2), oid.slice(2));
    await rm(object);
    const { mirrors } = await openMirrors({ dir });
    const tree = await mirrors.ensure(url, revision);
    await expect(tree.read("b/c.txt")).rejects.toMatchObject({ code: "SourceUnavailable", retryable: true });
    expect(await text((await mirrors.ensure(url, revision)).read("b/c.txt"))).toBe("2");
  });

  it("a killed git cat-file: it is started again", async () => {
    const { url, repository } = await repositoryOf();
    const { mirrors, dir } = await openMirrors();
    const tree = await mirrors.ensure(url, await repository.commit({ "a.txt": "1", "b.txt": "2" }, "first"));
    expect(await text(tree.read("a.txt"))).toBe("1");
    for (const pid of await catFilesIn(dir)) process.kill(pid, "SIGKILL");
    expect(await text(tree.read("b.txt"))).toBe("2");
  });
});

/** Processes of `git cat-file` that work in a directory. */
async function catFilesIn(dir: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const args = await readFile(`/proc/${name}/cmdline`, "utf8").catch(() => "");
    const environment = await readFile(`/proc/${name}/environ`, "utf8").catch(() => "");
    if (args.includes("cat-file") && environment.includes(dir)) found.push(Number(name));
  }
  expect(found.length).toBeGreaterThan(0);
  return found;
}
