import type { SourceTree } from "../../domain/source/tree.ts";
import type { Problem } from "../../schemas/errors.ts";

/** What a path is to be: a file of this content, a file that the repository has already, or nothing. */
export type FileChange =
  | { content: string | Uint8Array; mode: "100644" | "100755" | "120000" }
  | { blob: string; mode: string }
  | null;

/** The files of a commit with edits laid over them, each made on what those before it left. */
export interface Files {
  changes: Map<string, FileChange>;
  /** The text of a file. Throws Refused for what is none. */
  read(path: string): Promise<string>;
  /** Nothing is changed where it is the same text. */
  write(path: string, text: string): Promise<void>;
}

/** An edit that can't be made, with its place. */
export class Refused extends Error {
  readonly problem: Problem;
  constructor(file: string, message: string, line?: number) {
    super(message);
    this.problem = { file, message, ...(line !== undefined && { line }) };
  }
}

/** The largest file that is edited. */
const MOST_BYTES = 4 * 1024 * 1024;

/** A commit's files, to be edited. */
export function openFiles(tree: SourceTree): Files {
  const changes: Files["changes"] = new Map();
  return {
    changes,
    async read(path) {
      const changed = changes.get(path);
      if (changed === null) throw new Refused(path, "another edit took it away");
      if (changed && "content" in changed) return textOf(path, changed.content);
      if (changed) return textOf(path, await tree.readBlob(changed.blob, MOST_BYTES));
      const entry = await tree.entry(path);
      if (!entry) throw new Refused(path, "it is not in the repository");
      if (entry.type !== "blob") throw new Refused(path, `it is a ${entry.type === "tree" ? "directory" : entry.type}`);
      return textOf(path, await tree.readBlob(entry.oid, MOST_BYTES));
    },
    async write(path, text) {
      const changed = changes.get(path);
      const mode = changed?.mode ?? (await tree.entry(path))?.mode;
      if (text === (await this.read(path))) return;
      changes.set(path, { content: text, mode: mode === "100755" ? "100755" : "100644" });
    },
  };
}

function textOf(path: string, content: string | Uint8Array): string {
  if (typeof content === "string") return content;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    throw new Refused(path, "it is not UTF-8");
  }
}
