import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The checkout. */
export const ROOT = join(import.meta.dirname, "..", "..");

/** A fenced block of a document. */
export interface Snippet {
  language: string;
  text: string;
  /** Line of its first line, from 1. */
  line: number;
}

/** A Markdown document: its blocks, and its prose with blocks made blank so that lines keep their numbers. */
export interface Document {
  /** Relative to the checkout. */
  path: string;
  snippets: Snippet[];
  prose: string;
}

/** Every document that people read, by its path in the checkout. */
export function documentPaths(): string[] {
  const under = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".md"))
    .map((path) => join("docs", path));
  const beside = readdirSync(ROOT).filter((name) => name.endsWith(".md"));
  const examples = readdirSync(join(ROOT, "examples"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".md"))
    .map((path) => join("examples", path));
  return [...beside, ...under, ...examples].toSorted();
}

/** Reads a document of the checkout. */
export const readDocument = (path: string): Document => parseDocument(path, readFileSync(join(ROOT, path), "utf8"));

const FENCE = /^(?<indent> *)(?<marks>```+)(?<language>[\w-]*)/;

/** Parts a document into blocks and prose. Throws for a block that never ends. */
export function parseDocument(path: string, markdown: string): Document {
  const snippets: Snippet[] = [];
  const prose: string[] = [];
  let open: { indent: number; marks: string; snippet: Snippet; lines: string[] } | undefined;
  for (const [index, line] of markdown.split("\n").entries()) {
    const fence = FENCE.exec(line)?.groups;
    if (open) {
      prose.push("");
      if (fence?.["marks"] === open.marks && fence["language"] === "") {
        open.snippet.text = `${open.lines.join("\n")}\n`;
        snippets.push(open.snippet);
        open = undefined;
      } else open.lines.push(line.slice(Math.min(open.indent, line.length - line.trimStart().length)));
    } else if (fence) {
      prose.push("");
      const snippet = { language: fence["language"]!, text: "", line: index + 2 };
      open = { indent: fence["indent"]!.length, marks: fence["marks"]!, snippet, lines: [] };
    } else prose.push(line);
  }
  if (open) throw new Error(`${path}:${open.snippet.line - 1}: the block is never closed`);
  return { path, snippets, prose: prose.join("\n") };
}
