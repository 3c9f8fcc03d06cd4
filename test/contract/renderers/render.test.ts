import { access, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Registry } from "prom-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RenderLimits } from "../../../adapters/renderers/limits.ts";
import { createRenderer, type Renderer } from "../../../adapters/renderers/render.ts";
import { ensureTools } from "../../../adapters/toolchain/index.ts";
import type { RawObject } from "../../../schemas/artifact.ts";
import { Source } from "../../../schemas/kinds/source.ts";
import { memoryTree, type MemoryFile } from "../../adapters/renderers/memory-tree.ts";

type Files = Record<string, MemoryFile>;
let tools: { helm: string; kustomize: string };
let scratchDir: string;
let renderer: Renderer;

beforeAll(async () => {
  tools = await ensureTools(["helm", "kustomize"]);
  scratchDir = await mkdtemp(join(tmpdir(), "sluice-scratch-"));
  renderer = createRenderer({ tools, scratchDir, metrics: new Registry() });
});
afterAll(async () => {
  await renderer.close();
  expect(await readdir(scratchDir)).toEqual([]);
  await rm(scratchDir, { recursive: true });
});

function render(files: Files, path: string, more: object = {}, by: Renderer = renderer): Promise<RawObject[]> {
  const source = Source.parse({ repoURL: "https://host/repo", path, ...more });
  return by.render({ source, tree: memoryTree(files), application: "shop", namespace: "prod", kubeVersion: "v1.33.0" });
}
const limited = (limits: Partial<RenderLimits>) =>
  createRenderer({ tools, scratchDir, limits, metrics: new Registry() });
const cm = (name: string, data = "") =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata: {${data}}\n`;
const named = (objects: RawObject[]) =>
  objects.map(({ kind, metadata }) => `${kind}/${metadata.namespace ?? ""}/${metadata.name}`);

const KUSTOMIZE: Files = {
  "base/kustomization.yaml": "resources: [cm.yaml, deploy.yaml]\n",
  "base/cm.yaml": cm("settings", 'a: "1"'),
  "base/deploy.yaml":
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 1\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers: [{name: web, image: 'nginx:1'}]\n",
  "comp/kustomization.yaml":
    "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncommonAnnotations: {from: component}\n",
  "apps/a/kustomization.yaml":
    "resources: [../../base]\nnamePrefix: a-\npatches: [{path: p.yaml, target: {kind: ConfigMap}}]\nsecretGenerator: [{name: s, files: [k=secret.txt]}]\n",
  "apps/a/p.yaml": "- {op: add, path: /data/b, value: patched}\n",
  "apps/a/secret.txt": "top",
};

describe("kustomize", () => {
  it("builds bases above the path, patches and generators", async () => {
    const objects = await render(KUSTOMIZE, "apps/a");
    expect(objects.map(({ kind }) => kind).sort()).toEqual(["ConfigMap", "Deployment", "Secret"]);
    expect(objects.find(({ kind }) => kind === "ConfigMap")).toMatchObject({
      metadata: { name: "a-settings" },
      data: { a: "1", b: "patched" },
    });
    expect(objects.find(({ kind }) => kind === "Secret")).toMatchObject({ data: { k: "dG9w" } });
  });

  it("lays a source's overrides over it", async () => {
    const objects = await render(KUSTOMIZE, "apps/a", {
      kustomize: {
        namePrefix: "b-",
        nameSuffix: "-x",
        namespace: "elsewhere",
        images: ["nginx=registry.example/nginx:2"],
        replicas: [{ name: "web", count: 3 }],
        commonLabels: { team: "blue" },
        commonAnnotations: { note: "n" },
        components: ["../../comp"],
        patches: [{ patch: "- {op: add, path: /data/c, value: inline}", target: { kind: "ConfigMap" } }],
      },
    });
    expect(objects.find(({ kind }) => kind === "Deployment")).toMatchObject({
      metadata: {
        name: "b-web-x",
        namespace: "elsewhere",
        labels: { team: "blue" },
        annotations: { note: "n", from: "component" },
      },
      spec: { replicas: 3, template: { spec: { containers: [{ image: "registry.example/nginx:2" }] } } },
    });
    expect(objects.find(({ kind }) => kind === "ConfigMap")).toMatchObject({
      data: { a: "1", b: "patched", c: "inline" },
    });
  });

  it("follows symlinks of the repository, by the real place of what they lead to", async () => {
    const files: Files = {
      "a/kustomization.yaml": "resources: [cm.yaml, linked]\n",
      "a/cm.yaml": { link: "real.yaml" },
      "a/real.yaml": cm("real"),
      "a/linked": { link: "../base" },
      "base/kustomization.yaml": "resources: [../common]\n",
      "common/kustomization.yaml": "resources: [cm.yaml]\n",
      "common/cm.yaml": cm("common"),
    };
    expect(named(await render(files, "a"))).toEqual(["ConfigMap//common", "ConfigMap//real"]);
  });

  it("does not run a function that is a program of the repository", async () => {
    const annotation = "config.kubernetes.io/function: |\n      exec: {path: ./run.sh}\n";
    const witness = join(scratchDir, "..", `witness-${process.pid}`);
    const files: Files = {
      "a/kustomization.yaml": "generators: [g.yaml]\n",
      "a/g.yaml": `apiVersion: x/v1\nkind: G\nmetadata:\n  name: g\n  annotations:\n    ${annotation}`,
      "a/run.sh": `#!/bin/sh\ntouch ${witness}\n`,
    };
    await expect(render(files, "a")).rejects.toMatchObject({ code: "RenderFailed" });
    await expect(access(witness)).rejects.toThrow();
  });

  it.each([
    [
      "a file above its kustomization",
      { "x/kustomization.yaml": "resources: [../cm.yaml]", "cm.yaml": cm("a") },
      "RenderFailed",
    ],
    ["a broken patch", { "x/kustomization.yaml": "patches: [{path: p.yaml}]", "x/p.yaml": "[" }, "RenderFailed"],
    [
      "an exec of a transformer",
      { "x/kustomization.yaml": "transformers: [t]", "x/t": "apiVersion: v1\nkind: T\nmetadata: {name: t}" },
      "RenderFailed",
    ],
  ])("with %s fails, saying why, without a path of ours", async (_name, files, code) => {
    const error = (await render(files as unknown as Files, "x").catch((thrown: unknown) => thrown)) as Error;
    expect(error).toMatchObject({ code });
    expect(error.message).not.toContain("sluice-render");
  });
});

const CHART: Files = {
  "c/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
  "c/values.yaml": "a: chart\nb: {c: chart}\nlist: chart\n",
  "c/templates/cm.yaml":
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n  namespace: {{ .Release.Namespace }}\ndata:\n  a: {{ .Values.a | quote }}\n  c: {{ .Values.b.c | quote }}\n  list: {{ .Values.list | toString | quote }}\n  kube: {{ .Capabilities.KubeVersion.Version | quote }}\n",
  "c/templates/test.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: probe\n  annotations: {helm.sh/hook: test}\n",
  "c/templates/hook.yaml":
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: hook\n  annotations: {helm.sh/hook: 'pre-install,test'}\n",
  "c/crds/crd.yaml":
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: xs.example.com}\n",
  "env/prod.yaml": "a: file\nb: {c: file}\n",
};
const dataOf = (objects: RawObject[]) =>
  objects.find(({ metadata }) => metadata.name !== "hook" && "namespace" in metadata)?.["data"];

describe("helm", () => {
  it("renders a chart with its CRDs and hooks, without its tests, for the cluster's version", async () => {
    const objects = await render(CHART, "c");
    expect(named(objects).sort()).toEqual([
      "ConfigMap//hook",
      "ConfigMap/prod/shop",
      "CustomResourceDefinition//xs.example.com",
    ]);
    expect(dataOf(objects)).toEqual({ a: "chart", c: "chart", list: "chart", kube: "v1.33.0" });
  });

  it("lays values over each other: files, then values, then parameters", async () => {
    const objects = await render(CHART, "c", {
      helm: {
        releaseName: "rel",
        namespace: "other",
        skipCrds: true,
        skipTests: true,
        kubeVersion: "1.30.1",
        valueFiles: ["../env/prod.yaml"],
        values: "b: {c: block}\n",
        parameters: [
          { name: "list", value: "1,2" },
          { name: "a", value: "007", forceString: true },
        ],
      },
    });
    expect(named(objects)).toEqual(["ConfigMap/other/rel"]);
    expect(dataOf(objects)).toEqual({ a: "007", c: "block", list: "1,2", kube: "v1.30.1" });
  });

  it("takes valuesObject before values", async () => {
    const objects = await render(CHART, "c", { helm: { values: "a: block", valuesObject: { a: "object" } } });
    expect(dataOf(objects)).toMatchObject({ a: "object" });
  });

  it("takes a dependency from the same repository", async () => {
    const files = {
      ...CHART,
      "u/Chart.yaml":
        "apiVersion: v2\nname: u\nversion: 1.0.0\ndependencies: [{name: shop, version: '*', repository: 'file://../c'}]\n",
    };
    expect(dataOf(await render(files, "u"))).toMatchObject({ a: "chart" });
  });

  it("reads a value file whose name has a comma or a quote, and no file of the machine that the name spells", async () => {
    const secret = join(scratchDir, "host.yaml");
    await writeFile(secret, "a: of the machine\n");
    try {
      const named = `c/x,${secret}`;
      const files = { ...CHART, "c/x": "{}", [named]: "a: of the repository\n", 'c/"q",v': "b: {c: quoted}\n" };
      const valueFiles = [`x,${secret}`, '"q",v'];
      expect(dataOf(await render(files, "c", { helm: { valueFiles } }))).toMatchObject({
        a: "of the repository",
        c: "quoted",
      });
    } finally {
      await rm(secret);
    }
  });

  it("takes no chart of the machine through a charts directory that is a symlink", async () => {
    const chart = (name: string, from: string) => ({
      "Chart.yaml": `apiVersion: v2\nname: lib\nversion: 1.0.0\n`,
      "templates/cm.yaml": `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: ns}\ndata: {from: ${from}}\n`,
    });
    const outside = await mkdtemp(join(tmpdir(), "sluice-outside-"));
    try {
      for (const [name, text] of Object.entries(chart("lib", "machine"))) {
        await mkdir(dirname(join(outside, name)), { recursive: true });
        await writeFile(join(outside, name), text);
      }
      const deep = Array.from({ length: 20 }, (_, level) => `d${level}`).join("/");
      const up = "../".repeat(21);
      const files: Files = {
        [`${deep}/u/Chart.yaml`]: `apiVersion: v2\nname: u\nversion: 1.0.0\ndependencies: [{name: lib, version: '*', repository: 'file://${up}${outside.slice(1)}'}]\n`,
        [`${deep}/u/charts`]: { link: `${up}s` },
        "s/.keep": "",
      };
      for (const [name, text] of Object.entries(chart("lib", "repository")))
        files[`${outside.slice(1)}/${name}`] = text;
      expect((await render(files, `${deep}/u`)).map((object) => object["data"])).toEqual([{ from: "repository" }]);
    } finally {
      await rm(outside, { recursive: true });
    }
  });

  it("names what can't be an option or a template for what it is", async () => {
    const objects = await render(CHART, "c", { helm: { releaseName: "--post-renderer" } }).catch(
      (error: unknown) => error,
    );
    expect(objects).toMatchObject({ code: "RenderFailed" });
  });

  it.each([
    ["fail", '{{ fail "boom" }}', /boom/],
    ["no YAML", "a: [", /bad\.yaml/],
    ["no object", "just: text", /has no apiVersion/],
    ["a file of the machine", '{{ .Files.Get "/etc/passwd" | required "nothing there" }}', /nothing there/],
    ["the environment", '{{ env "HOME" }}', /env/],
  ])("with a template that has %s fails, naming it", async (_name, template, message) => {
    await expect(render({ ...CHART, "c/templates/bad.yaml": template }, "c")).rejects.toMatchObject({
      code: "RenderFailed",
      message: expect.stringMatching(message),
    });
  });

  it("names the template of a broken object", async () => {
    await expect(render({ ...CHART, "c/templates/bad.yaml": "just: text" }, "c")).rejects.toMatchObject({
      problems: [{ file: "c/templates/bad.yaml", message: "the object has no apiVersion" }],
    });
  });

  it("names files as the repository has them, with their line, and keeps the lines of what it says", async () => {
    const template = 'a: 1\n{{ fail "first line\\nsecond line" }}';
    await expect(render({ ...CHART, "c/templates/bad.yaml": template }, "c")).rejects.toMatchObject({
      message: expect.stringContaining("first line\nsecond line"),
      problems: [{ file: "c/templates/bad.yaml", line: 2 }],
    });
    const schema = '{"properties": {"a": {"type": "number"}, "list": {"type": "number"}}}';
    const misfit: unknown = await render({ ...CHART, "c/values.schema.json": schema }, "c").catch((error) => error);
    expect((misfit as Error).message.split("\n").length).toBeGreaterThan(2);
    const values: unknown = await render(CHART, "c", { helm: { values: "a: [" } }).catch((error) => error);
    expect((values as Error).message).toContain("spec.source.helm.values");
    expect((values as Error).message).not.toMatch(/own\/|sluice-render/);
  });

  it("asks no name server and no host", async () => {
    const asked: string[] = [];
    const http = createServer((request, response) => {
      asked.push(request.url!);
      response.end("{}");
    });
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const address = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const files = {
      ...CHART,
      "c/values.schema.json": `{"$id": "${address}/s", "properties": {"a": {"$ref": "#/nope"}}, "$schema": "http://json-schema.org/draft-07/schema#"}`,
    };
    await render(files, "c").catch(() => undefined);
    await render({ ...CHART, "c/templates/dns.yaml": '# {{ getHostByName "localhost" }}' }, "c");
    expect(asked).toEqual([]);
    http.close();
  });
});

describe("limits end a rendering, and only that one", () => {
  it("memory", async () => {
    const template = '{{ $x := repeat 1000000000 "aaaaaaaaaaaaaaaa" }}{{ len $x }}';
    await expect(render({ ...CHART, "c/templates/bad.yaml": template }, "c")).rejects.toMatchObject({
      code: "RenderLimit",
    });
  });

  it("time, with the whole process group", async () => {
    const loop = "{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}";
    const slow = limited({ timeoutMs: 1_500 });
    await expect(render({ ...CHART, "c/templates/bad.yaml": loop }, "c", {}, slow)).rejects.toMatchObject({
      code: "RenderLimit",
    });
    expect(await readdir(scratchDir)).toEqual([]);
    await slow.close();
  });

  it("output", async () => {
    const template = "x: {{ range until 5000 }}aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa{{ end }}";
    const small = limited({ outputBytes: 100_000 });
    await expect(render({ ...CHART, "c/templates/bad.yaml": template }, "c", {}, small)).rejects.toMatchObject({
      code: "RenderLimit",
    });
    await small.close();
  });

  it("size of the files, one by one and together", async () => {
    const small = limited({ fileBytes: 1_000, totalBytes: 1_500 });
    const one = { "x/a.yaml": cm("a", `k: "${"x".repeat(2_000)}"`) };
    await expect(render(one, "x", {}, small)).rejects.toMatchObject({
      code: "RenderLimit",
      problems: [{ file: "x/a.yaml" }],
    });
    const two = { "x/a.yaml": cm("a", `k: "${"x".repeat(800)}"`), "x/b.yaml": cm("b", `k: "${"x".repeat(800)}"`) };
    await expect(render(two, "x", {}, small)).rejects.toMatchObject({ code: "RenderLimit" });
    const chart = { ...CHART, "c/big1.txt": "x".repeat(800), "c/big2.txt": "x".repeat(800) };
    await expect(render(chart, "c", {}, small)).rejects.toMatchObject({ code: "RenderLimit" });
    await small.close();
  });

  it("an abort", async () => {
    const abort = new AbortController();
    const source = Source.parse({ repoURL: "https://host/repo", path: "c" });
    const loop = "{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}";
    const tree = memoryTree({ ...CHART, "c/templates/bad.yaml": loop });
    const rendering = renderer.render({ source, tree, application: "a", namespace: "n", signal: abort.signal });
    setTimeout(() => abort.abort(), 300);
    await expect(rendering).rejects.toMatchObject({ name: "AbortError" });
  });

  it("while others go on", async () => {
    const loop = "{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}";
    const bad = limited({ timeoutMs: 2_000 });
    const failing = render({ ...CHART, "c/templates/bad.yaml": loop }, "c", {}, bad).catch((error: unknown) => error);
    expect(await render(KUSTOMIZE, "apps/a", {}, bad)).toHaveLength(3);
    expect(await failing).toMatchObject({ code: "RenderLimit" });
    await bad.close();
  });
});

it("renders a plain directory in the order of its files", async () => {
  const files = {
    "x/b.yaml": `${cm("b1")}---\n${cm("b2")}`,
    "x/a.json": '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}',
    "x/no.txt": "",
  };
  expect(named(await render(files, "x"))).toEqual(["ConfigMap//a", "ConfigMap//b1", "ConfigMap//b2"]);
});

it("says so when a tool is not there", async () => {
  const broken = createRenderer({
    tools: { helm: "/nonexistent/helm", kustomize: "/nonexistent/kustomize" },
    scratchDir,
    metrics: new Registry(),
  });
  await expect(render(CHART, "c", {}, broken)).rejects.toMatchObject({ code: "ToolUnavailable" });
  await broken.close();
});
