import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collect } from "../../../adapters/renderers/collect.ts";
import { DEFAULT_LIMITS } from "../../../adapters/renderers/limits.ts";
import { unpack } from "../../../adapters/renderers/packed-chart.ts";
import { Source } from "../../../schemas/kinds/source.ts";
import { memoryTree } from "./memory-tree.ts";

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "sluice-packed-"));
});
afterAll(() => rmSync(dir, { recursive: true }));

/** Packs files by the machine's own tar, in one of its formats. */
function packed(files: Record<string, string | Buffer>, format = "ustar"): Buffer {
  const root = mkdtempSync(join(dir, "tree-"));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return execFileSync("tar", ["-czf", "-", `--format=${format}`, "-C", root, "."], { maxBuffer: 1 << 26 });
}
const schema = (ref: string): string => JSON.stringify({ properties: { a: { $ref: ref } } });
const LONG = `lib/charts/${"deep-".repeat(30)}/values.schema.json`;

describe("a packed chart", () => {
  test.each(["ustar", "gnu", "pax"])("of tar's format %s has its files by name", async (format) => {
    const files = { "lib/Chart.yaml": "name: lib\n", "lib/empty": "", ...(format !== "ustar" && { [LONG]: "{}" }) };
    const found = await unpack(packed(files, format), 1_000_000);
    expect(Object.fromEntries(found.map(({ path, bytes }) => [path, bytes.toString()]))).toEqual(files);
  });

  test("that is none, is cut off or too large is refused", async () => {
    const whole = packed({ "lib/a": "x".repeat(2_000) });
    await expect(unpack(Buffer.from("no archive"), 1_000)).rejects.toThrow();
    await expect(unpack(whole, 1_000)).rejects.toThrow();
    const tar = Buffer.alloc(512, 0);
    tar.write("lib/a", 0);
    tar.write("00000001000", 124);
    await expect(unpack(gzipSync(tar), 10_000)).rejects.toThrow("cut off");
  });
});

describe("a chart whose dependency is packed", () => {
  const rendered = (tgz: Buffer, helm: object = {}) =>
    collect(
      Source.parse({ repoURL: "https://host/repo", path: "c", helm }),
      memoryTree({ "c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n", "c/charts/lib-1.0.0.tgz": tgz }),
      DEFAULT_LIMITS,
    );

  test.each(["https://evil.example/schema.json", "file:///etc/passwd", "other.json"])(
    "is refused when its schema refers to %s, packed twice or under a long name too",
    async (ref) => {
      const inner = packed({ "deep/values.schema.json": schema(ref) });
      for (const tgz of [
        packed({ "lib/values.schema.json": schema(ref) }),
        packed({ "lib/charts/deep-1.0.0.tgz": inner }),
        packed({ [LONG]: schema(ref) }, "pax"),
        packed({ [LONG]: schema(ref) }, "gnu"),
      ]) {
        await expect(rendered(tgz)).rejects.toMatchObject({
          code: "SourceRefused",
          problems: [{ file: expect.stringContaining("c/charts/lib-1.0.0.tgz:") }],
        });
      }
      const skipped = await rendered(packed({ "lib/values.schema.json": schema(ref) }), { skipSchemaValidation: true });
      expect(skipped.tool).toBe("helm");
    },
  );

  test("is taken when its schema keeps to itself", async () => {
    const { files } = await rendered(packed({ "lib/values.schema.json": schema("#/definitions/a") }));
    expect([...files.keys()]).toContain("c/charts/lib-1.0.0.tgz");
  });

  test("that can't be read fails, naming it", async () => {
    await expect(rendered(Buffer.from("x"))).rejects.toMatchObject({
      code: "RenderFailed",
      problems: [{ file: "c/charts/lib-1.0.0.tgz" }],
    });
  });
});
