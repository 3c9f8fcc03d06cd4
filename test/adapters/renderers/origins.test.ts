import { afterAll, expect, test } from "vitest";
import { DEFAULT_LIMITS } from "../../../adapters/renderers/limits.ts";
import { createManifestParser } from "../../../adapters/renderers/manifest-parser.ts";
import { originOf } from "../../../adapters/renderers/origins.ts";
import { decorate } from "../../../domain/sync/decorate.ts";

const parser = createManifestParser(DEFAULT_LIMITS);
afterAll(() => parser.close());

const configMap = (name: string, text = "x"): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  text: ${text}\n`;
const twice = (text: string) => [
  { file: "a.yaml", source: `${configMap("one", text)}---\n${configMap("same")}` },
  { file: "b.yaml", source: configMap("same") },
];
const options = { application: "web", namespace: "shop", scopeOf: () => "namespaced" as const };

// The second is parsed in a thread, from which objects come back as copies.
test.each([["small", "x"] as const, ["large", "x".repeat(100_000)] as const])(
  "what is rendered twice is told with both files and lines when it is %s",
  async (_size, text) => {
    const objects = await parser.parse(twice(text));
    expect(() => decorate(objects, { ...options, originOf })).toThrow(
      expect.objectContaining({
        code: "RenderFailed",
        message: "/ConfigMap/shop/same is rendered twice: v1 (a.yaml:8) and v1 (b.yaml:1)",
        problems: [expect.objectContaining({ file: "b.yaml", line: 1 })],
      }),
    );
  },
);

test("without files it is told by its place in the rendering", async () => {
  const objects = await parser.parse(twice("x"));
  expect(() => decorate(objects, options)).toThrow("v1 (object 2 of the rendering) and v1 (object 3 of the rendering)");
});
