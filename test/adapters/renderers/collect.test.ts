import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { collect } from "../../../adapters/renderers/collect.ts";
import { DEFAULT_LIMITS, type RenderLimits } from "../../../adapters/renderers/limits.ts";
import { Source } from "../../../schemas/kinds/source.ts";
import { memoryTree, type MemoryFile } from "./memory-tree.ts";

const source = (path: string, more: object = {}) => Source.parse({ repoURL: "https://host/repo", path, ...more });
const collected = (
  files: Record<string, MemoryFile>,
  path: string,
  more: object = {},
  limits: Partial<RenderLimits> = {},
) => collect(source(path, more), memoryTree(files), { ...DEFAULT_LIMITS, ...limits });
const EMPTY_TGZ = gzipSync(Buffer.alloc(1_024));
const CM = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
const CHART = { "c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n", "c/templates/cm.yaml": CM };

describe("the tool is found as Argo CD finds it", () => {
  const chart = { "x/Chart.yaml": "name: x", "x/cm.yaml": CM };
  it.each([
    ["directory", { "x/cm.yaml": CM }, {}],
    ["helm", chart, {}],
    ["kustomize", { "x/kustomization.yaml": "resources: []" }, {}],
    ["kustomize", { "x/kustomization.yml": "resources: []" }, {}],
    ["kustomize", { "x/Kustomization": "resources: []" }, {}],
    ["kustomize", { ...chart, "x/kustomization.yaml": "resources: []" }, {}],
    ["directory", chart, { directory: {} }],
    ["helm", { ...chart, "x/kustomization.yaml": "resources: []" }, { helm: {} }],
    ["directory", { "x/cm.yaml": CM, "x/sub/Chart.yaml": "name: x" }, {}],
  ])("%s", async (tool, files, more) => {
    expect((await collected(files as Record<string, MemoryFile>, "x", more)).tool).toBe(tool);
  });
});

describe("a directory", () => {
  const files = {
    "x/b.yaml": CM,
    "x/a.yml": CM,
    "x/c.json": "{}",
    "x/README.md": "",
    "x/sub/d.yaml": CM,
    "y/e.yaml": CM,
  };
  const names = async (more: object) => (await collected(files, "x", more)).manifests.map(({ path }) => path);

  it("is its manifests in order; below it only with recurse", async () => {
    expect(await names({})).toEqual(["x/a.yml", "x/b.yaml", "x/c.json"]);
    expect(await names({ directory: { recurse: true } })).toEqual(["x/a.yml", "x/b.yaml", "x/c.json", "x/sub/d.yaml"]);
  });

  it("keeps to include and exclude, exclude before include", async () => {
    expect(await names({ directory: { include: "*.yaml" } })).toEqual(["x/b.yaml"]);
    expect(await names({ directory: { recurse: true, include: "{*.yaml,*.yml}", exclude: "sub/*" } })).toEqual([
      "x/a.yml",
      "x/b.yaml",
    ]);
  });

  it("follows a symlink to a file and to a directory of the repository", async () => {
    const linked = { ...files, "z/f.yaml": { link: "../y/e.yaml" }, "z/dir": { link: "../x/sub" } };
    const found = await collected(linked, "z", { directory: { recurse: true } });
    expect(found.manifests.map(({ path }) => path)).toEqual(["z/dir/d.yaml", "z/f.yaml"]);
    expect([...found.files.keys()].sort()).toEqual(["x/sub/d.yaml", "y/e.yaml"]);
    expect(new Map(found.links)).toEqual(
      new Map([
        ["z/dir", "x/sub"],
        ["z/f.yaml", "y/e.yaml"],
      ]),
    );
  });
});

describe("hostile paths and symlinks are refused, naming the file", () => {
  it.each([
    ["an absolute one", { "x/a.yaml": { link: "/etc/passwd" } }, "absolute"],
    ["one that leaves through ..", { "x/a.yaml": { link: "../../etc/passwd" } }, "leaves the repository"],
    ["one that leaves further on", { "x/a.yaml": { link: "b/../../../x" } }, "leaves the repository"],
    ["one that leads nowhere", { "x/a.yaml": { link: "nope.yaml" } }, "leads nowhere"],
    ["one to itself", { "x/a.yaml": { link: "a.yaml" } }, "without an end"],
    ["a circle of two", { "x/a.yaml": { link: "b.yaml" }, "x/b.yaml": { link: "a.yaml" } }, "without an end"],
    [
      "a chain out of the repository",
      { "x/a.yaml": { link: "b" }, "x/b": { link: "../../c" } },
      "leaves the repository",
    ],
    ["a directory out of the repository", { "x/a": { link: "../.." }, "x/b.yaml": CM }, "leaves the repository"],
    ["a directory that holds itself", { "x/a": { link: "." }, "x/b.yaml": CM }, "leads back"],
    ["a directory that holds it from above", { "x/sub/a": { link: "../.." }, "x/sub/b.yaml": CM }, "leads back"],
    [
      "two that hold each other",
      { "x/a/l": { link: "../b" }, "x/b/l": { link: "../a" }, "x/a/f.yaml": CM },
      "leads back",
    ],
    ["one into .git", { "x/a.yaml": { link: "../.git/config" } }, ".git"],
    ["an empty one", { "x/a.yaml": { link: "" } }, "empty"],
    ["one with a control character", { "x/a.yaml": { link: "a\nb" } }, "control"],
  ])("a symlink: %s", async (_name, files, reason) => {
    const collecting = collected(files as Record<string, MemoryFile>, "x", { directory: { recurse: true } });
    await expect(collecting).rejects.toMatchObject({
      code: "SourceRefused",
      message: expect.stringContaining(reason),
      problems: [{ file: expect.stringMatching(/^x\//) }],
    });
  });

  it("a chain of 41 symlinks", async () => {
    const chain = Object.fromEntries(
      Array.from({ length: 45 }, (_, at) => [`x/l${at}.yaml`, { link: `l${at + 1}.yaml` }]),
    );
    await expect(collected({ ...chain, "x/l45.yaml": CM }, "x")).rejects.toMatchObject({ code: "SourceRefused" });
  });

  it.each(["/etc", "../x", "x/../..", "x/.git", "x\\y", "x\0"])("the path %j", async (path) => {
    await expect(collected({ "x/a.yaml": CM }, path)).rejects.toMatchObject({ code: "SourceRefused" });
  });

  it.each([
    ["nope", "does not exist"],
    ["x/a.yaml", "is a file"],
  ])("the path %s, which %s", async (path, message) => {
    await expect(collected({ "x/a.yaml": CM }, path)).rejects.toMatchObject({
      code: "RenderFailed",
      message: expect.stringContaining(message),
    });
  });

  it("a submodule", async () => {
    await expect(collected({ "x/sub": { submodule: true }, "x/a.yaml": CM }, "x/sub")).rejects.toMatchObject({
      code: "SourceRefused",
      message: expect.stringContaining("submodule"),
    });
  });

  it("more files than the limit", async () => {
    const many = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`x/${at}.yaml`, CM]));
    await expect(collected(many, "x", {}, { files: 10 })).rejects.toMatchObject({ code: "RenderLimit" });
  });
});

describe("a kustomization", () => {
  const refused = (content: string, files: Record<string, MemoryFile> = {}) =>
    collected({ "x/kustomization.yaml": content, ...files }, "x");

  it("is all that it names, and all that those name", async () => {
    const { files } = await collected(
      {
        "x/kustomization.yaml":
          "resources: [../base, cm.yaml]\ncomponents: [../comp]\nconfigMapGenerator: [{name: g, files: [k=data/f.txt]}]\n",
        "x/cm.yaml": CM,
        "x/data/f.txt": "f",
        "x/unrelated.yaml": CM,
        "base/kustomization.yml":
          'resources: [deep]\npatchesStrategicMerge: [p.yaml, "kind: X\\nmetadata: {name: inline}"]\n',
        "base/p.yaml": CM,
        "base/deep/Kustomization": "resources: []\n",
        "comp/kustomization.yaml": "kind: Component\ngenerators: [g.yaml]\n",
        "comp/g.yaml": "kind: ConfigMapGenerator\nfiles: [h.txt]\n",
        "comp/h.txt": "h",
      },
      "x",
    );
    expect([...files.keys()].sort()).toEqual([
      "base/deep/Kustomization",
      "base/kustomization.yml",
      "base/p.yaml",
      "comp/g.yaml",
      "comp/h.txt",
      "comp/kustomization.yaml",
      "x/cm.yaml",
      "x/data/f.txt",
      "x/kustomization.yaml",
    ]);
  });

  it.each([
    ["a remote file", "resources: ['https://example.com/x.yaml']", "on another host"],
    ["a remote repository", "resources: ['github.com/org/repo//base?ref=v1']", "on another host"],
    ["a remote base by ssh", "bases: ['git@github.com:org/repo']", "on another host"],
    ["a remote component", "components: ['https://github.com/org/repo']", "on another host"],
    ["a remote patch", "patches: [{path: 'https://example.com/p.yaml'}]", "on another host"],
    [
      "a remote file of a generator",
      "configMapGenerator: [{name: a, files: ['k=https://example.com/x']}]",
      "on another host",
    ],
    ["a remote transformer", "transformers: ['https://example.com/t.yaml']", "on another host"],
    ["a remote schema", "openapi: {path: 'https://example.com/s.json'}", "on another host"],
    ["a path out of the repository", "resources: [../../x]", "leaves the repository"],
    ["an absolute path", "configMapGenerator: [{name: a, files: [/etc/passwd]}]", "leaves the repository"],
    ["helm charts", "helmCharts: [{name: x, repo: 'https://example.com'}]", "helmCharts"],
  ])("with %s is refused", async (_name, content, reason) => {
    await expect(refused(content)).rejects.toMatchObject({
      code: "SourceRefused",
      message: expect.stringContaining(reason),
      problems: [{ file: "x/kustomization.yaml" }],
    });
  });

  it("refuses a remote base in a base, naming that one", async () => {
    const base = { "base/kustomization.yaml": "resources: ['https://example.com/x']" };
    await expect(refused("resources: [../base]", base)).rejects.toMatchObject({
      code: "SourceRefused",
      problems: [{ file: "base/kustomization.yaml", path: "resources[0]" }],
    });
  });

  it.each([
    ["a missing file", "resources: [nope.yaml]", "does not exist"],
    ["a directory as a patch", "patches: [{path: ../x}]", "is a directory"],
    ["text that is no YAML", "resources: [", ""],
    ["a circle of itself", "resources: [../x]", "in a circle: x -> x"],
    ["a directory without a kustomization", "resources: [sub]", "there is no kustomization.yaml"],
  ])("with %s does not render", async (_name, content, reason) => {
    await expect(refused(content, { "x/sub/cm.yaml": CM })).rejects.toMatchObject({
      code: "RenderFailed",
      message: expect.stringContaining(reason),
    });
  });

  it("names a circle through others", async () => {
    const others = { "a/kustomization.yaml": "resources: [../b]", "b/kustomization.yaml": "resources: [../x]" };
    await expect(refused("resources: [../a]", others)).rejects.toMatchObject({
      message: expect.stringContaining("x -> a -> b -> x"),
    });
  });

  it("refuses two kustomizations in one directory", async () => {
    await expect(refused("resources: []", { "x/kustomization.yml": "" })).rejects.toMatchObject({
      code: "RenderFailed",
    });
  });

  it("takes a source's components and patches for its own", async () => {
    const files = {
      "x/kustomization.yaml": "resources: []",
      "comp/kustomization.yaml": "kind: Component",
      "x/p.yaml": CM,
    };
    const found = await collected(files, "x", {
      kustomize: { components: ["../comp"], patches: [{ path: "p.yaml" }] },
    });
    expect([...found.files.keys()].sort()).toEqual(["comp/kustomization.yaml", "x/kustomization.yaml", "x/p.yaml"]);
    const outside = collected(files, "x", { kustomize: { components: ["../../out"] } });
    await expect(outside).rejects.toMatchObject({ code: "SourceRefused" });
  });
});

describe("a chart", () => {
  it("is its directory, its value files and its local dependencies", async () => {
    const found = await collected(
      {
        ...CHART,
        "c/Chart.yaml": "name: c\ndependencies: [{name: lib, repository: 'file://../lib'}]\n",
        "lib/Chart.yaml": "name: lib",
        "env/prod.yaml": "a: 1",
        "env/other.yaml": "a: 1",
      },
      "c",
      { helm: { valueFiles: ["/env/prod.yaml"] } },
    );
    expect([...found.files.keys()].sort()).toEqual([
      "c/Chart.yaml",
      "c/templates/cm.yaml",
      "env/prod.yaml",
      "lib/Chart.yaml",
    ]);
    expect(found.links.get("c/charts/lib")).toBe("lib");
    expect(found.valueFiles).toEqual(["env/prod.yaml"]);
  });

  it("finds value files by a glob, in order", async () => {
    const files = { ...CHART, "env/b.yaml": "", "env/a.yaml": "", "env/sub/c.yaml": "" };
    expect((await collected(files, "c", { helm: { valueFiles: ["../env/*.yaml"] } })).valueFiles).toEqual([
      "env/a.yaml",
      "env/b.yaml",
    ]);
    expect((await collected(files, "c", { helm: { valueFiles: ["/env/**/c.yaml"] } })).valueFiles).toEqual([
      "env/sub/c.yaml",
    ]);
  });

  it.each([
    [["../../out.yaml"], "SourceRefused"],
    [["/../out.yaml"], "SourceRefused"],
    [["https://example.com/values.yaml"], "SourceRefused"],
    [["$ref/values.yaml"], "SourceRefused"],
    [["link.yaml"], "SourceRefused"],
    [["nope.yaml"], "RenderFailed"],
    [["templates"], "RenderFailed"],
  ])("with value files %j is %s", async (valueFiles, code) => {
    const files = { ...CHART, "link.yaml": { link: "/etc/passwd" } };
    const path = valueFiles[0] === "link.yaml" ? ["/link.yaml"] : valueFiles;
    await expect(collected(files, "c", { helm: { valueFiles: path } })).rejects.toMatchObject({ code });
  });

  it("leaves out missing value files when it may", async () => {
    const found = await collected(CHART, "c", { helm: { valueFiles: ["nope.yaml"], ignoreMissingValueFiles: true } });
    expect(found.valueFiles).toEqual([]);
  });

  it.each([
    ["of a chart repository", "https://example.com", "RenderFailed", "is not in charts/"],
    ["of a registry", "oci://example.com/charts", "RenderFailed", "is not in charts/"],
    ["out of the repository", "file://../../lib", "SourceRefused", "leaves the repository"],
    ["at an absolute path", "file:///etc", "SourceRefused", "leaves the repository"],
    ["that is not there", "file://../nope", "RenderFailed", "is not at nope"],
  ])("with a dependency %s is refused", async (_name, repository, code, message) => {
    const files = { ...CHART, "c/Chart.yaml": `name: c\ndependencies: [{name: lib, repository: '${repository}'}]\n` };
    await expect(collected(files, "c")).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it.each(["../../..", "..", ".", "a/b"])("refuses a local dependency of the name %s", async (name) => {
    const chart = `name: c\ndependencies: [{name: '${name}', repository: 'file://../lib'}]\n`;
    const files = { ...CHART, "c/Chart.yaml": chart, "lib/Chart.yaml": "name: lib" };
    await expect(collected(files, "c")).rejects.toMatchObject({
      code: "RenderFailed",
      message: expect.stringContaining("cannot be a chart's name"),
    });
  });

  it("takes a dependency that is vendored, as a directory or packed", async () => {
    const needs = {
      ...CHART,
      "c/Chart.yaml": "name: c\ndependencies: [{name: lib, repository: 'https://example.com'}]\n",
    };
    await expect(collected({ ...needs, "c/charts/lib/Chart.yaml": "name: lib" }, "c")).resolves.toBeDefined();
    await expect(collected({ ...needs, "c/charts/lib-1.0.0.tgz": EMPTY_TGZ }, "c")).resolves.toBeDefined();
  });

  it("refuses dependencies in a circle", async () => {
    const files = {
      "a/Chart.yaml": "name: a\ndependencies: [{name: b, repository: 'file://../b'}]\n",
      "b/Chart.yaml": "name: b\ndependencies: [{name: a, repository: 'file://../a'}]\n",
    };
    await expect(collected(files, "a")).rejects.toMatchObject({
      code: "RenderFailed",
      message: expect.stringContaining("circle"),
    });
  });

  it("refuses a schema that would have helm read elsewhere, unless schemas are skipped", async () => {
    const files = { ...CHART, "c/values.schema.json": '{"properties": {"a": {"$ref": "https://evil.example/x"}}}' };
    await expect(collected(files, "c")).rejects.toMatchObject({ code: "SourceRefused" });
    await expect(collected(files, "c", { helm: { skipSchemaValidation: true } })).resolves.toBeDefined();
  });

  it("takes a schema with a list of any length, and refuses one that is no JSON", async () => {
    const long = JSON.stringify({ enum: Array.from({ length: 300_000 }, (_, at) => at) });
    await expect(collected({ ...CHART, "c/values.schema.json": long }, "c")).resolves.toBeDefined();
    await expect(collected({ ...CHART, "c/values.schema.json": "a: b" }, "c")).rejects.toMatchObject({
      code: "RenderFailed",
      message: expect.stringContaining("not JSON"),
    });
  });

  it("refuses a Chart.yaml and a kustomization of more than 256 KiB, which would be parsed beside everything else", async () => {
    const large = `# ${"x".repeat(256 * 1024)}\n`;
    const chart = { ...CHART, "c/Chart.yaml": `${large}name: c` };
    await expect(collected(chart, "c")).rejects.toMatchObject({ code: "RenderLimit" });
    const kustomization = { "k/kustomization.yaml": `${large}resources: []` };
    await expect(collected(kustomization, "k")).rejects.toMatchObject({ code: "RenderLimit" });
  });

  it("refuses Chart.yaml as a symlink out of the repository", async () => {
    await expect(collected({ ...CHART, "c/Chart.yaml": { link: "/etc/passwd" } }, "c")).rejects.toMatchObject({
      code: "SourceRefused",
    });
  });
});
