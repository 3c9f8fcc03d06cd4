import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { reachedFrom, runtimeImports } from "../../adapters/temporal/bundle-inputs.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const ENTRY = join(ROOT, "workflows", "index.ts");
const ALLOWED_PACKAGES = ["@temporalio/workflow", "@temporalio/common"];
const ALLOWED_FOLDERS = ["workflows", "domain", "schemas"];

/** What a workflow must not read or do: it would differ between a run and its replay, or is not there in the sandbox. */
const FORBIDDEN = [
  { pattern: /\bprocess\./, what: "process" },
  { pattern: /\bfetch\(/, what: "fetch" },
  { pattern: /\bsetInterval\(/, what: "setInterval" },
  { pattern: /\bnew WeakRef\b|\bFinalizationRegistry\b/, what: "garbage collection" },
  { pattern: /\bprocess\.hrtime|\bperformance\./, what: "a clock that replay does not set back" },
];

const { files: reached, imports } = await reachedFrom(ENTRY);
const files = reached.map((file) => relative(ROOT, file));

describe("what the workflow bundle is made of", () => {
  test("is our own pure folders", () => {
    expect(files.length).toBeGreaterThan(5);
    for (const file of files) expect(ALLOWED_FOLDERS, file).toContain(file.split("/")[0]);
  });

  test("imports no package but Temporal's two, and nothing of node", () => {
    const packages = imports.filter(({ specifier }) => !specifier.startsWith("."));
    expect(packages.length).toBeGreaterThan(0);
    for (const { from, specifier } of packages) expect(ALLOWED_PACKAGES, `in ${from}`).toContain(specifier);
    for (const { specifier } of imports) expect(builtinModules).not.toContain(specifier.replace(/^node:/, ""));
  });

  test("the guard sees what it is there to see", () => {
    expect(runtimeImports('import { z } from "zod";\nimport type { A } from "./a.ts";')).toEqual(["zod"]);
    expect(runtimeImports('import {\n  a,\n  type B,\n} from "./b.ts";\nexport * from "./c.ts";')).toEqual([
      "./b.ts",
      "./c.ts",
    ]);
    expect(runtimeImports('import "node:fs";\nawait import("yaml");')).toEqual(["node:fs", "yaml"]);
  });

  test.each(files)("%s does nothing that a replay would not repeat", (file) => {
    const source = readFileSync(join(ROOT, file), "utf8");
    for (const { pattern, what } of FORBIDDEN) expect(pattern.test(source), what).toBe(false);
  });
});
