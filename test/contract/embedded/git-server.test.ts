import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startGitServer, type GitPush } from "../../../adapters/embedded/index.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-git-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function git(...args: string[]): Promise<string> {
  const env = { PATH: process.env["PATH"], HOME: folder, GIT_TERMINAL_PROMPT: "0", GIT_CONFIG_NOSYSTEM: "1" };
  const { stdout } = await promisify(execFile)("git", args, { env });
  return stdout.trim();
}

const auth = { username: "robot", password: "p:w" };
const withAuth = (url: string) => url.replace("http://", "http://robot:p%3Aw@");

describe("the embedded git server", () => {
  it("serves what was committed, to a shallow and filtered fetch too", async () => {
    await using server = await startGitServer({ root: join(folder, "root") });
    const { url, repository } = await server.createRepository("team/config");
    await repository.commit({ "apps/a/deployment.yaml": "kind: Deployment\n", "apps/b.yaml": "b" }, "one");
    const second = await repository.commit({ "apps/b.yaml": null, "ü n\n.yaml": "é\n" }, "two");
    const clone = join(folder, "clone");
    await git("clone", "--quiet", "--depth=1", "--filter=blob:none", "--bare", url, clone);
    expect(await git("-C", clone, "rev-parse", "HEAD")).toBe(second);
    expect((await git("-C", clone, "ls-tree", "-r", "-z", "--name-only", "HEAD")).split("\0")).toEqual([
      "apps/a/deployment.yaml",
      "ü n\n.yaml",
      "",
    ]);
    expect(await git("-C", clone, "show", "HEAD:apps/a/deployment.yaml")).toBe("kind: Deployment");
  });

  it("takes a push of more than one buffer, and tells of the refs that it moved", async () => {
    const pushes: GitPush[] = [];
    await using server = await startGitServer({
      root: join(folder, "root"),
      auth,
      onPush: (push) => pushes.push(push),
    });
    const { url, repository } = await server.createRepository("team/config");
    const work = join(folder, "work");
    await git("clone", "--quiet", withAuth(url), work);
    const identity = ["-C", work, "-c", "user.name=a", "-c", "user.email=a@example.com"];
    await writeFile(join(work, "large"), randomBytes(3_000_000));
    await git("-C", work, "add", "large");
    await git(...identity, "commit", "--quiet", "-m", "large");
    await git("-C", work, "push", "--quiet", "origin", "HEAD:main");
    const head = await git("-C", work, "rev-parse", "HEAD");
    expect(await repository.head()).toBe(head);
    for (let attempt = 0; attempt < 100 && pushes.length === 0; attempt++) await sleep(20);
    expect(pushes).toEqual([{ repository: "team/config", ref: "refs/heads/main", before: null, after: head }]);
  });

  it("asks for the password, and takes only the right one", async () => {
    await using server = await startGitServer({ root: join(folder, "root"), auth });
    const { url, repository } = await server.createRepository("config");
    const head = await repository.commit({ file: "1" }, "one");
    const wrong = url.replace("http://", "http://robot:wrong@");
    await expect(git("ls-remote", url)).rejects.toThrow(/could not read Username/);
    await expect(git("ls-remote", wrong)).rejects.toThrow(/Authentication failed/);
    expect(await git("ls-remote", withAuth(url), "refs/heads/main")).toContain(head);
  });

  it.each(["../outside", ".hidden", "a//b", "a/../b", "a b", ""])("makes no repository named `%s`", async (name) => {
    await using server = await startGitServer({ root: join(folder, "root") });
    await expect(server.createRepository(name)).rejects.toMatchObject({ code: "InvalidInput" });
  });

  it("answers 404 for what is not there and lets nobody out of its root", async () => {
    await using server = await startGitServer({ root: join(folder, "root", "inner") });
    await using outside = await startGitServer({ root: join(folder, "root") });
    await outside.createRepository("other");
    for (const path of ["/none.git", "/..%2fother.git", "/%2e%2e/other.git"]) {
      expect((await fetch(`${server.url}${path}/info/refs?service=git-upload-pack`)).status).toBeGreaterThanOrEqual(
        400,
      );
    }
  });

  it("keeps its port and repositories over a new start", async () => {
    const root = join(folder, "root");
    const first = await startGitServer({ root });
    const head = await (await first.createRepository("config")).repository.commit({ file: "1" }, "one");
    await first.stop();
    await using second = await startGitServer({ root });
    expect(second.url).toBe(first.url);
    expect(await git("ls-remote", `${second.url}/config.git`, "refs/heads/main")).toContain(head);
  });
});
