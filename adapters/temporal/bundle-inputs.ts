import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Modules that code reaches at run time from one entry. */
export interface Reached {
  /** Absolute paths of our own files, the entry first. */
  files: string[];
  /** Every import, with the file it stands in; packages by their name. */
  imports: { from: string; specifier: string }[];
}

/** Follows the imports that are there at run time, which under `verbatimModuleSyntax` are all not marked as types. */
export async function reachedFrom(entry: string): Promise<Reached> {
  const files = new Set([entry]);
  const imports: Reached["imports"] = [];
  for (const file of files) {
    for (const specifier of runtimeImports(await readFile(file, "utf8"))) {
      imports.push({ from: file, specifier });
      if (specifier.startsWith(".")) files.add(join(dirname(file), specifier));
    }
  }
  return { files: [...files], imports };
}

/** Specifiers of the imports and re-exports of a module that are not types only. */
export function runtimeImports(source: string): string[] {
  const statements = source.matchAll(/^(?:import|export)\s+(?!type\b)(?:[^"';]*?\sfrom\s+)?["']([^"']+)["']/gm);
  const dynamic = source.matchAll(/\bimport\(\s*["']([^"']+)["']/g);
  return [...statements, ...dynamic].map(([, specifier = ""]) => specifier);
}
