import { Composer, LineCounter, Parser, type CST, type Document } from "yaml";
import { SluiceError, type Problem } from "../../schemas/errors.ts";
import type { RenderLimits } from "./limits.ts";
import { valueOf, YamlRefused, type Budget } from "./yaml-value.ts";

/** One document of a YAML stream that is not empty. */
export interface YamlDocument {
  value: unknown;
  /** Line that it begins on, from 1. */
  line: number;
}

export type YamlLimits = Pick<RenderLimits, "depth" | "nodes" | "fileBytes" | "objects">;

/** No interpretation by the library: what a scalar means is decided in yaml-scalar.ts, as the Kubernetes tools do. */
const OPTIONS = {
  schema: "failsafe",
  resolveKnownTags: false,
  uniqueKeys: false,
  merge: false,
  prettyErrors: false,
  strict: true,
  logLevel: "silent",
} as const;

/**
 * The documents of a YAML or JSON text as kubectl reads them (sigs.k8s.io/yaml): YAML 1.1 booleans and octals, no
 * sexagesimal numbers, no dates; integers beyond 2^53 as bigint. Throws `RenderFailed` or `RenderLimit` with file and line.
 */
export function parseYaml(
  source: Uint8Array | string,
  options: { file: string; limits: YamlLimits; budget?: Budget },
): YamlDocument[] {
  const { file, limits } = options;
  const text = typeof source === "string" ? source : decode(source, file, limits);
  const lines = new LineCounter();
  const at = (offset: number) => lines.linePos(Math.min(offset, text.length));
  refuseControlCharacters(text, file);
  const { stackTraceLimit } = Error;
  // The parser makes an error of every mistake, each with its stack: a tenth of a millisecond, for every second byte of a hostile file.
  Error.stackTraceLimit = 0;
  try {
    const budget = options.budget ?? { nodes: limits.nodes };
    return documents(text, lines, limits).flatMap((document) => {
      const [error] = document.errors;
      if (error) throw new YamlRefused(firstLine(error.message), error.pos[0]);
      const value = valueOf(document, budget, limits.depth);
      return value === null ? [] : [{ value, line: at(document.contents?.range?.[0] ?? 0).line }];
    });
  } catch (error) {
    if (error instanceof YamlRefused) throw refused(error, { file, ...position(at(error.offset)) });
    throw error;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function position({ line, col }: { line: number; col: number }): { line: number; column: number } {
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

/** The only documents: parsed to tokens first, whose depth is checked without recursion, then composed. */
function documents(text: string, lines: LineCounter, limits: YamlLimits): Document.Parsed[] {
  const parser = new Parser(lines.addNewLine);
  const composer = new Composer(OPTIONS);
  const found: Document.Parsed[] = [];
  for (const token of parser.parse(text)) {
    if (token.type === "error") throw new YamlRefused(firstLine(token.message), token.offset);
    checkDepth(token, limits.depth);
    for (const document of composer.next(token)) found.push(document as Document.Parsed);
    if (found.length > limits.objects) {
      const offset = "offset" in token ? token.offset : 0;
      throw new YamlRefused(`it has more than ${limits.objects} documents`, offset, true);
    }
  }
  for (const document of composer.end()) found.push(document as Document.Parsed);
  return found;
}

/** Throws when collections of a token are nested deeper than the limit. */
function checkDepth(token: CST.Token, limit: number): void {
  const open: [token: CST.Token, depth: number][] = [[token, 0]];
  for (let next = open.pop(); next; next = open.pop()) {
    const [current, depth] = next;
    if (depth > limit) {
      throw new YamlRefused(`it is nested deeper than ${limit} levels`, "offset" in current ? current.offset : 0, true);
    }
    if (current.type === "document" && current.value) open.push([current.value, depth]);
    if (!("items" in current)) continue;
    for (const item of current.items) {
      if (item.key) open.push([item.key, depth + 1]);
      if (item.value) open.push([item.value, depth + 1]);
    }
  }
}

function decode(bytes: Uint8Array, file: string, limits: YamlLimits): string {
  if (bytes.length > limits.fileBytes) {
    const message = `${file} has ${bytes.length} bytes; the limit is ${limits.fileBytes}`;
    throw new SluiceError("RenderLimit", `${message}.`, { problems: [{ file, message }] });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const problem = { file, message: "it is not UTF-8", next: "save it as UTF-8, or leave it out with exclude" };
    throw new SluiceError("RenderFailed", `${file} is not UTF-8.`, { next: problem.next, problems: [problem] });
  }
}

function refuseControlCharacters(text: string, file: string): void {
  const at = text.search(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/);
  if (at < 0) return;
  const line = text.slice(0, at).split("\n").length;
  const code = text.charCodeAt(at).toString(16).padStart(4, "0");
  throw refused(new YamlRefused(`it has a control character (U+${code}), which YAML does not allow`, at), {
    file,
    line,
  });
}

function refused(error: YamlRefused, where: { file: string; line: number; column?: number }): SluiceError {
  const problem: Problem = { ...where, message: error.message };
  const message = `${where.file}:${where.line}: ${error.message}.`;
  return new SluiceError(error.limit ? "RenderLimit" : "RenderFailed", message, { problems: [problem] });
}

const firstLine = (text: string): string => text.split("\n")[0]!.replace(/[.:]?$/, "");
