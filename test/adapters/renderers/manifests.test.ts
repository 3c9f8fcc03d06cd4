import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../../../adapters/renderers/limits.ts";
import { createManifestParser } from "../../../adapters/renderers/manifest-parser.ts";
import { parseManifests } from "../../../adapters/renderers/manifests.ts";

const object = (name: string, kind = "ConfigMap") => `apiVersion: v1\nkind: ${kind}\nmetadata:\n  name: ${name}\n`;
const parse = (...sources: string[]) =>
  parseManifests(
    sources.map((source, index) => ({ file: `${index}.yaml`, source })),
    DEFAULT_LIMITS,
  );

describe("parseManifests", () => {
  it("takes a List apart, and Lists in it", () => {
    const inner = `{apiVersion: v1, kind: ConfigMapList, items: [{apiVersion: v1, kind: ConfigMap, metadata: {name: b}}]}`;
    const list = `apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n- ${inner}\n`;
    expect(parse(list, object("c")).map(({ metadata }) => metadata.name)).toEqual(["a", "b", "c"]);
  });

  it("leaves a kind that ends in List but has no items as it is", () => {
    expect(parse(object("x", "AllowList"))[0]?.kind).toBe("AllowList");
  });

  it("takes a generated name of a hook, which each sync makes anew", () => {
    const source =
      'apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: a-, annotations: {"argocd.argoproj.io/hook": Sync}}';
    expect(parse(source)[0]?.metadata["generateName"]).toBe("a-");
  });

  it.each([
    ["just text", "a Kubernetes object was expected, not text"],
    ["- a", "a Kubernetes object was expected, not a list"],
    ["5", "a Kubernetes object was expected, not a number"],
    ["kind: X", "the object has no apiVersion"],
    ["apiVersion: v1", "the object has no kind"],
    ["apiVersion: v1\nkind: X", "X has no metadata"],
    ["apiVersion: v1\nkind: X\nmetadata: {}", "X has no metadata.name"],
    [
      "apiVersion: v1\nkind: X\nmetadata: {generateName: a-}",
      "X has generateName; only an object with a name can be applied again",
    ],
    [
      "apiVersion: v1\nkind: X\nmetadata: {name: yes}",
      "X has a metadata.name that is a boolean, not text: put it in quotes",
    ],
    [
      "apiVersion: v1\nkind: X\nmetadata: {name: a, labels: {b: 5}}",
      'X has metadata.labels["b"] that is not text: put it in quotes',
    ],
    ["apiVersion: v1\nkind: X\nmetadata: {name: a, namespace: 5}", "X has a metadata.namespace that is not text"],
  ])("refuses %j: %s", (source, message) => {
    expect(() => parse(object("ok"), source)).toThrow(
      expect.objectContaining({ code: "RenderFailed", problems: [{ file: "1.yaml", line: 1, message }] }),
    );
  });

  it("names several problems at once, each with its file and line", () => {
    expect(() => parse(`${object("a")}---\nkind: X\n`, "text")).toThrow(
      expect.objectContaining({
        message: "0.yaml:6: the object has no apiVersion (and 1 more).",
        problems: [
          expect.objectContaining({ file: "0.yaml", line: 6 }),
          expect.objectContaining({ file: "1.yaml", line: 1 }),
        ],
      }),
    );
  });

  it("takes 10,000 objects and refuses 50,000, in a List and as documents", () => {
    const item = (at: number) => `{apiVersion: v1, kind: C, metadata: {name: n${at}}}`;
    const items = (count: number) => Array.from({ length: count }, (_, at) => item(at));
    const list = (count: number) => `apiVersion: v1\nkind: List\nitems: [${items(count).join(",")}]`;
    expect(parse(list(10_000))).toHaveLength(10_000);
    expect(() => parse(list(25_000))).toThrow(expect.objectContaining({ code: "RenderLimit" }));
    expect(() => parse(items(50_000).join("\n---\n"))).toThrow(expect.objectContaining({ code: "RenderLimit" }));
  }, 120_000);
});

describe("createManifestParser", () => {
  const large = (count: number) =>
    Array.from(
      { length: count },
      (_, at) => `${object(`n${at}`)}data: {key: "${"x".repeat(200)}", big: 9007199254740993}\n`,
    ).join("---\n");

  it("parses large manifests in a thread while the event loop keeps answering", async () => {
    const parser = createManifestParser(DEFAULT_LIMITS);
    let ticks = 0;
    const ticking = setInterval(() => (ticks += 1), 10);
    const objects = await parser.parse([{ file: "large.yaml", source: large(2_000) }]);
    clearInterval(ticking);
    await parser.close();
    expect(objects).toHaveLength(2_000);
    expect(objects[0]).toMatchObject({ data: { big: 9007199254740993n } });
    expect(ticks).toBeGreaterThan(3);
  });

  it("brings an error over with its code, file and line", async () => {
    const parser = createManifestParser(DEFAULT_LIMITS);
    const parsing = parser.parse([{ file: "large.yaml", source: `${large(2_000)}---\nkind: X\n` }]);
    await expect(parsing).rejects.toMatchObject({
      code: "RenderFailed",
      problems: [{ file: "large.yaml", line: 12_001, message: "the object has no apiVersion" }],
    });
    await parser.close();
  });

  it("survives a thread that runs out of memory", async () => {
    const parser = createManifestParser({ ...DEFAULT_LIMITS, memoryBytes: 32 * 1024 * 1024 });
    await expect(parser.parse([{ file: "huge.yaml", source: large(20_000) }])).rejects.toMatchObject({
      code: "RenderLimit",
    });
    await expect(parser.parse([{ file: "small.yaml", source: object("a") }])).resolves.toHaveLength(1);
    await parser.close();
  });
});
