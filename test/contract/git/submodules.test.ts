import { beforeAll, describe, expect, it } from "vitest";
import { Registry } from "prom-client";
import type { GitFixture } from "../../../adapters/embedded/index.ts";
import type { Mirrors } from "../../../adapters/git/mirrors.ts";
import { createRenderer, type Renderer } from "../../../adapters/renderers/render.ts";
import type { SluiceError } from "../../../schemas/errors.ts";
import { ProjectSpec } from "../../../schemas/kinds/project.ts";
import { Source } from "../../../schemas/kinds/source.ts";
import { readingSubmodules } from "../../../services/server/submodules.ts";
import { commitSubmodules, gitmodules } from "../../fixtures/gitlinks.ts";
import { gitMirrors, requests } from "./git-mirrors.ts";

const { openMirrors, repositoryOf } = gitMirrors();
type Repository = Awaited<ReturnType<typeof repositoryOf>>;

const configMap = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n`;
async function commitWith(repository: GitFixture, files: Record<string, string>, links: Record<string, string>) {
  await repository.commit(files, "files");
  return commitSubmodules(repository, links);
}

const relative = (url: string): string => `../${url.slice(url.lastIndexOf("/") + 1)}`;

describe("a source with submodules", () => {
  let mirrors: Mirrors;
  let metrics: Registry;
  let renderer: Renderer;
  beforeAll(async () => {
    ({ mirrors, metrics } = await openMirrors());
    renderer = createRenderer({ tools: { helm: "/nonexistent", kustomize: "/nonexistent" }, metrics: new Registry() });
    return () => renderer.close();
  });

  const project = (sourceRepos: string[]) => ProjectSpec.parse({ sourceRepos, destinations: [] });
  const reading = (rules = project(["**"])) => readingSubmodules({ renderer, mirrors, projectOf: async () => rules });

  async function read(repo: Repository, commit: string, more: Record<string, unknown> = {}, rules?: ProjectSpec) {
    const source = Source.parse({ repoURL: repo.url, submodules: true, ...more });
    const tree = await mirrors.ensure(repo.url, commit);
    const request = { source, tree, project: "default", application: "web", namespace: "default" };
    const { digest, paths } = await reading(rules).sourceDigest(request);
    const objects = await reading(rules).render(request);
    return { digest, paths, names: objects.map(({ metadata }) => metadata.name) };
  }

  async function withBase(url: (base: Repository) => string = (base) => relative(base.url)) {
    const base = await repositoryOf();
    const first = await base.repository.commit({ "all/a.yaml": configMap("from-base") }, "first");
    const app = await repositoryOf();
    const files = { ".gitmodules": gitmodules(["vendor/base", url(base)]), "own/b.yaml": configMap("own") };
    const commit = await commitWith(app.repository, files, { "vendor/base": first });
    return { base, first, app, commit };
  }

  it("reads them at their place, by a relative and by a full address", async () => {
    for (const url of [undefined, (base: Repository) => base.url]) {
      const { app, commit } = await withBase(url);
      const inside = await read(app, commit, { path: "vendor/base/all" });
      expect(inside).toMatchObject({ names: ["from-base"], paths: ["vendor/base/all/a.yaml"] });
      const whole = await read(app, commit, { directory: { recurse: true } });
      expect(whole.names.toSorted()).toEqual(["from-base", "own"]);
    }
  });

  it("stays at the commit that is pinned, and its digest turns with the pin alone", async () => {
    const { base, first, app, commit } = await withBase();
    const before = await read(app, commit, { path: "vendor/base/all" });
    const second = await base.repository.commit({ "all/a.yaml": configMap("newer") }, "second");
    const touched = await commitWith(app.repository, { "own/b.yaml": configMap("other") }, { "vendor/base": first });
    expect(await read(app, touched, { path: "vendor/base/all" })).toEqual(before);
    const moved = await commitWith(app.repository, {}, { "vendor/base": second });
    const after = await read(app, moved, { path: "vendor/base/all" });
    expect(after.names).toEqual(["newer"]);
    expect(after.digest).not.toBe(before.digest);
    const back = await read(app, commit, { path: "vendor/base/all" });
    expect(back).toEqual(before);
  });

  it("fetches none that is not in the way, and none without the option", async () => {
    const { app, commit, base } = await withBase();
    const fetches = async () => (await requests(metrics))["fetch"] ?? 0;
    await mirrors.ensure(app.url, commit);
    const before = await fetches();
    expect((await read(app, commit, { path: "own" })).names).toEqual(["own"]);
    const plain = { directory: { recurse: true }, submodules: false };
    expect((await read(app, commit, plain)).names).toEqual(["own"]);
    await expect(read(app, commit, { path: "vendor/base/all", submodules: false })).rejects.toThrow();
    expect(await fetches()).toBe(before);
    expect(base.url).toBeTruthy();
  });

  it("reads submodules of submodules, three levels deep and no deeper", async () => {
    let below = await repositoryOf();
    let commit = await below.repository.commit({ "x.yaml": configMap("deepest") }, "first");
    const levels: { repo: Repository; commit: string }[] = [];
    for (let level = 0; level < 4; level += 1) {
      const above = await repositoryOf();
      commit = await commitWith(
        above.repository,
        { ".gitmodules": gitmodules(["sub", relative(below.url)]), "y.yaml": configMap(`level-${level}`) },
        { sub: commit },
      );
      below = above;
      levels.push({ repo: above, commit });
    }
    const [, , third, fourth] = levels;
    const deep = await read(third!.repo, third!.commit, { path: "sub/sub/sub" });
    expect(deep).toMatchObject({ names: ["deepest"], paths: ["sub/sub/sub/x.yaml"] });
    await expect(read(fourth!.repo, fourth!.commit, { path: "sub/sub/sub/sub" })).rejects.toMatchObject({
      code: "RenderLimit",
      message: expect.stringContaining("sub/sub/sub/sub"),
    });
  });

  it("reads at most 32", async () => {
    const base = await repositoryOf();
    const commit = await base.repository.commit({ "x.yaml": configMap("x") }, "first");
    const app = await repositoryOf();
    const paths = Array.from({ length: 33 }, (_, index) => `s${index}`);
    const made = await commitWith(
      app.repository,
      { ".gitmodules": gitmodules(...paths.map((path): [string, string] => [path, relative(base.url)])) },
      Object.fromEntries(paths.map((path) => [path, commit])),
    );
    await expect(read(app, made, { directory: { recurse: true } })).rejects.toMatchObject({ code: "RenderLimit" });
  });

  it.each([
    "file:///etc",
    "/etc/passwd",
    "ext::sh -c touch% /tmp/x",
    "-oProxyCommand=x",
    "--upload-pack=x",
    "http://git.example/x",
    "https://user:canary-9@git.example/x",
    "../../../../evil.example/x",
    "https://git.example/%2e%2e/x",
  ])("refuses the address %s", async (url) => {
    const { app, commit } = await withBase(() => url);
    const refused: unknown = await read(app, commit, { path: "vendor/base/all" }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "SourceRefused", message: expect.stringContaining("vendor/base") });
    expect(JSON.stringify(refused) + (refused as SluiceError).message).not.toContain("canary-9");
  });

  it("refuses an address that the Project does not allow, also after it was read before", async () => {
    const { app, base, commit } = await withBase();
    const where = { path: "vendor/base/all" };
    expect((await read(app, commit, where, project([app.url, base.url]))).names).toEqual(["from-base"]);
    await expect(read(app, commit, where, project([app.url]))).rejects.toMatchObject({
      code: "SourceRefused",
      message: expect.stringContaining("sourceRepos"),
    });
  });

  it("says which submodule is not there, and that it must be in .gitmodules", async () => {
    const gone = await withBase(() => "../no-such-repository");
    await expect(read(gone.app, gone.commit, { path: "vendor/base/all" })).rejects.toThrow(/vendor\/base/);
    const app = await repositoryOf();
    const commit = await commitWith(app.repository, { "a.txt": "1" }, { sub: gone.first });
    await expect(read(app, commit, { path: "sub" })).rejects.toMatchObject({
      code: "SourceRefused",
      next: expect.stringContaining(".gitmodules"),
    });
  });

  it("never makes others wait for one that is out of reach", async () => {
    const { app, commit } = await withBase(() => "https://127.0.0.1:1/x");
    const tree = await mirrors.ensure(app.url, commit);
    const source = Source.parse({ repoURL: app.url, submodules: true, path: "vendor/base/all" });
    const input = { source, tree, project: "default" };
    await expect(reading().sourceDigest(input)).rejects.toMatchObject({ retryable: true });
    await expect(reading().digestNow(input)).rejects.toMatchObject({ retryable: false, code: "SourceRefused" });
  });
});
