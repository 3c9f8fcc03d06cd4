import { execFile, spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { promisify } from "node:util";
import { gitEnvironment } from "./git/git-environment.ts";

const run = promisify(execFile);

/** A commit to be made: each path with its new content, or null to delete it. */
export interface GitCommit {
  files: Readonly<Record<string, string | null>>;
  message: string;
  branch: string;
}

/** A bare repository that files are committed to directly, without a work tree; one commit takes about 10 ms. */
export class GitFixture {
  readonly path: string;

  /** An existing bare repository. */
  constructor(path: string) {
    this.path = path;
  }

  /** Makes an empty bare repository with `main` as its branch; one that is there already is left as it is. */
  static async create(path: string): Promise<GitFixture> {
    await mkdir(path, { recursive: true });
    const repository = new GitFixture(path);
    await repository.git("init", "--quiet", "--bare", "--initial-branch=main", ".");
    await repository.git("config", "http.receivepack", "true");
    // A collection in the background would outlive the request that set it off.
    await repository.git("config", "receive.autogc", "false");
    await repository.git("config", "uploadpack.allowFilter", "true");
    await repository.git("config", "uploadpack.allowAnySHA1InWant", "true");
    return repository;
  }

  /** Commits changes on top of a branch, which is made when there is none, and returns the commit's id. */
  async commit(files: GitCommit["files"], message: string, branch = "main"): Promise<string> {
    const parent = await this.head(branch);
    await this.#import(fastImport({ files, message, branch }, parent));
    const made = await this.head(branch);
    if (made === undefined) throw new Error(`git made no branch ${branch} in ${this.path}.`);
    return made;
  }

  /** The commit at the tip of a branch, or undefined when there is no such branch. */
  async head(branch = "main"): Promise<string | undefined> {
    const listed = await this.git("for-each-ref", "--format=%(objectname)", `refs/heads/${branch}`);
    return listed.trim() || undefined;
  }

  /** The content of a file at a revision. */
  read(path: string, revision = "main"): Promise<string> {
    return this.git("show", `${revision}:${path}`);
  }

  /** Runs git in the repository and returns what it printed. */
  async git(...args: string[]): Promise<string> {
    const { stdout } = await run("git", args, { cwd: this.path, env: gitEnvironment(), maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  }

  #import(stream: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const child = spawn("git", ["fast-import", "--quiet", "--done"], {
        cwd: this.path,
        env: gitEnvironment(),
        stdio: ["pipe", "ignore", "pipe"],
      });
      let said = "";
      child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
      child.once("error", reject);
      child.once("close", (code) => (code === 0 ? resolve() : reject(new Error(`git fast-import: ${said.trim()}`))));
      child.stdin.on("error", () => {});
      child.stdin.end(stream);
    });
  }
}

/** The stream of `git fast-import` for one commit; see git-fast-import(1). Lengths are in bytes. */
function fastImport(commit: GitCommit, parent: string | undefined): string {
  const data = (text: string) => `data ${Buffer.byteLength(text)}\n${text}\n`;
  const seconds = Math.floor(Date.now() / 1_000);
  const lines = [
    `commit refs/heads/${commit.branch}\n`,
    `committer Sluice <sluice@example.com> ${seconds} +0000\n`,
    data(commit.message),
    parent === undefined ? "" : `from ${parent}\n`,
  ];
  for (const [path, content] of Object.entries(commit.files)) {
    const name = JSON.stringify(path);
    lines.push(content === null ? `D ${name}\n` : `M 100644 inline ${name}\n${data(content)}`);
  }
  return `${lines.join("")}\ndone\n`;
}
