import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { generatedFiles } from "./reference/generated.ts";

/**
 * Writes every generated file, formatted as the rest of the repository. With --check nothing is written: files that are not what
 * they should be are named, and the exit code is 1.
 */
const root = fileURLToPath(new URL("..", import.meta.url));
const check = process.argv.includes("--check");

/** The files as the formatter leaves them. */
function formatted(files: Map<string, string>): Map<string, string> {
  const scratch = mkdtempSync(join(root, ".generated-"));
  try {
    for (const [path, text] of files) {
      mkdirSync(dirname(join(scratch, path)), { recursive: true });
      writeFileSync(join(scratch, path), text);
    }
    const formatter = join(root, "node_modules", ".bin", "oxfmt");
    execFileSync(formatter, ["--config", join(root, ".oxfmtrc.json"), scratch], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    return new Map([...files.keys()].map((path) => [path, readFileSync(join(scratch, path), "utf8")]));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function current(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), "utf8");
  } catch {
    return undefined;
  }
}

const stale = [...formatted(generatedFiles())].filter(([path, text]) => current(path) !== text);
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
