import { Composer, type Document, isMap, isNode, isScalar, Lexer, LineCounter, type Node, Parser, visit } from "yaml";
import type { Problem } from "../../schemas/errors.ts";

type Path = readonly PropertyKey[];
type Position = Pick<Problem, "file" | "line" | "column">;

/** One document of a file: its value as plain JSON and where each part of it stands. */
export interface ConfigurationDocument {
  value: unknown;
  file: string;
  /** Place of the value at a path, or of the field's name; where there is none, of the nearest part around it. */
  locate(path: Path, key?: boolean): Position;
}

/** Deepest nesting of a document: far more than any configuration needs, far less than what overflows a parser's stack. */
const MOST_NESTING = 100;
const MOST_DOCUMENTS = 10_000;
/** The parser looks every alias up among all of them. */
const MOST_ANCHORS = 1_000;
/** What is broken so often is not repaired line by line. */
const MOST_PROBLEMS = 100;

/** The documents of a YAML or JSON text; empty ones are left out. Never throws: what can't be read is a problem with its line. */
export function parseDocuments(
  text: string,
  file: string,
): { documents: ConfigurationDocument[]; problems: Problem[] } {
  const refused = refusedTokens(text);
  if (refused !== undefined) return { documents: [], problems: [{ file, ...refused }] };
  const lines = new LineCounter();
  const documents: ConfigurationDocument[] = [];
  const problems: Problem[] = [];
  for (const document of read(text, lines)) {
    if (documents.length >= MOST_DOCUMENTS) {
      problems.push({ file, message: `more than ${MOST_DOCUMENTS} documents`, next: "split the file" });
      break;
    }
    const broken = [...document.errors, ...repeatedKeys(document)].slice(0, MOST_PROBLEMS);
    for (const error of broken) problems.push({ file, ...place(lines, error.pos[0]), message: said(error) });
    if (broken.length === 0) add(document, file, lines, documents, problems);
    if (problems.length >= MOST_PROBLEMS) break;
  }
  return { documents, problems };
}

/** Fields that stand twice in a mapping. The library's own search takes the square of their number. */
function repeatedKeys(document: Document.Parsed): Broken[] {
  const found: Broken[] = [];
  visit(document, {
    Map(_key, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key) || key.value === "<<") continue;
        if (seen.has(key.value)) found.push({ code: "DUPLICATE_KEY", message: "", pos: [key.range?.[0] ?? 0, 0] });
        seen.add(key.value);
      }
    },
  });
  return found;
}

type Broken = Pick<Document.Parsed["errors"][number], "message" | "pos"> & { code: string };

/** An error of the parser with its stack takes a tenth of a millisecond, and a text may hold a million of them. */
function read(text: string, lines: LineCounter): Document.Parsed[] {
  const options = { prettyErrors: false, uniqueKeys: false, merge: true, logLevel: "silent" } as const;
  const composer = new Composer(options);
  const found: Document.Parsed[] = [];
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    for (const document of composer.compose(new Parser(lines.addNewLine).parse(text))) {
      found.push(document as Document.Parsed);
      if (found.length > MOST_DOCUMENTS || document.errors.length >= MOST_PROBLEMS) break;
    }
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
  return found;
}

function add(
  document: Document.Parsed,
  file: string,
  lines: LineCounter,
  documents: ConfigurationDocument[],
  problems: Problem[],
): void {
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch {
    const at = document.contents?.range[0] ?? 0;
    problems.push({ file, ...place(lines, at), message: "uses aliases in a way that is not allowed" });
    return;
  }
  if (value === null || value === undefined) return;
  documents.push({
    value,
    file,
    locate: (path, key = false) => ({ file, ...place(lines, offsetOf(document, path, key)) }),
  });
}

/** The parser's words without the text they quote: it may be a secret. */
function said(error: Pick<Broken, "code" | "message">): string {
  if (error.code === "DUPLICATE_KEY") return "a field stands twice in the same mapping";
  if (error.code === "TAB_AS_INDENT") return "tabs can't be used for indentation";
  if (error.code === "MISSING_CHAR") return "is not valid YAML: a closing quote, bracket or comma is missing";
  return `is not valid YAML: ${error.message.split("\n")[0]!.split(/[:"']/)[0]!.trim()}`;
}

function place(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

function offsetOf(document: Document.Parsed, path: Path, key: boolean): number {
  for (let length = path.length; length > 0; length -= 1) {
    const found = nodeAt(document, path.slice(0, length), key || length < path.length);
    if (found?.range) return found.range[0];
  }
  return document.contents?.range[0] ?? 0;
}

function nodeAt(document: Document.Parsed, path: Path, key: boolean): Node | undefined {
  if (key) {
    const parent: unknown = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isScalar(item.key) && String(item.key.value) === String(path.at(-1)));
      if (pair && isNode(pair.key)) return pair.key;
    }
  }
  const node: unknown = document.getIn(path, true);
  return isNode(node) ? node : undefined;
}

/** Where the nesting or the number of anchors passes its limit. Found by the tokens alone, before anything recurses over them. */
function refusedTokens(text: string): Pick<Problem, "line" | "message"> | undefined {
  const depth = { flow: 0, inline: 0, indents: [] as number[] };
  let line = 1;
  let anchors = 0;
  let before = "";
  for (const token of new Lexer().lex(text)) {
    const fresh = before === "" || isBreak(before);
    if (fresh && flowless(token)) indent(depth.indents, token);
    if (isBreak(token)) depth.inline = 0;
    else if (token === "[" || token === "{") depth.flow += 1;
    else if (token === "]" || token === "}") depth.flow -= 1;
    else if (token === "-" || token === "?") depth.inline += 1;
    else if (before !== SCALAR && /^[&*]/.test(token)) anchors += 1;
    const nested = depth.flow + depth.inline + depth.indents.length > MOST_NESTING;
    if (nested) return { line, message: `nested deeper than ${MOST_NESTING} levels` };
    if (anchors > MOST_ANCHORS) return { line, message: `more than ${MOST_ANCHORS} anchors and aliases` };
    for (const char of token) if (char === "\n") line += 1;
    before = token;
  }
  return undefined;
}

/** The lexer's sign that the text of a scalar follows. */
const SCALAR = "\u001f";
const isBreak = (token: string): boolean => token === "\n" || token === "\r\n";
const flowless = (token: string): boolean => !isBreak(token) && !token.startsWith("#");

/** A line that begins deeper opens a level, one that begins less deep closes those it leaves. */
function indent(indents: number[], token: string): void {
  const width = /^ */.exec(token)![0].length;
  while (indents.length > 0 && indents.at(-1)! >= width) indents.pop();
  if (width > 0) indents.push(width);
}
