import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { generatedFiles } from "./reference/generated.ts";

/**
 * Writes every generated file. With --check nothing is written: files that are not what schemas and code say are named, and the exit
 * code is 1.
 */
const root = fileURLToPath(new URL("..", import.meta.url));
const check = process.argv.includes("--check");

function current(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), "utf8");
  } catch {
    return undefined;
  }
}

const stale = [...generatedFiles()].filter(([path, text]) => current(path) !== text);
for (const [path, text] of stale) {
  if (!check) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  process.stdout.write(`${check ? "stale" : "written"}: ${path}\n`);
}
if (check && stale.length > 0) {
  process.stderr.write("Generated files are not what schemas and code say. Run: npm run gen\n");
  process.exitCode = 1;
}
