import { isDeepStrictEqual } from "node:util";
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from "yaml";
import { aliasRefusal } from "./aliases.ts";
import { scalarText } from "./edit.ts";

/** One value to be set in a file of YAML or JSON documents. */
export interface ValueEdit {
  /** Keys and list indexes with dots between, as in `spec.containers.0.image`; a dot of a key itself is written `\.`. */
  key: string;
  /** Which document of the file, from 0. */
  document?: number;
  value: string;
}

/** The text with the value in it, or why it can't be, with the line where that is known. */
export type SetValue = { text: string } | { refused: string; line?: number };

type Step = string | number;

/**
 * Sets one value that is there already; nothing but its own characters changes, so that comments, order, anchors and line ends stay. What
 * was written is read back: a file that would not mean exactly what was asked for is refused.
 */
export function setValue(text: string, { key, document: index = 0, value }: ValueEdit): SetValue {
  const lines = new LineCounter();
  const documents = documentsOf(text, lines);
  const [bad] = documents.flatMap(({ errors }) => errors);
  if (bad)
    return {
      refused: `it is no YAML that can be read: ${bad.message.split("\n", 1)[0]}`,
      line: lineAt(lines, bad.pos[0]),
    };
  const document = documents[index];
  if (!document) return { refused: `it has ${documents.length} documents, and none with the index ${index}` };
  const found = nodeAt(document, segmentsOf(key));
  if ("refused" in found) return { refused: found.refused, line: lineAt(lines, found.at) };
  const { node, way } = found;
  const shared = aliasRefusal(document, way);
  const line = lineAt(lines, node.range?.[0] ?? 0);
  if (shared !== undefined) return { refused: shared.replace("in its manifest ", `${key}: `), line };
  if (!node.range || !isScalar(node)) return { refused: `${key} is no single value`, line };
  const written = scalarText(value, node.type);
  if (written === undefined || node.tag !== undefined) {
    return { refused: `${key} is written as a block of text or with a tag: write it as a plain or quoted value`, line };
  }
  const [from, to] = node.range;
  const gap = from === to && /[^\s]$/.test(text.slice(0, from)) ? " " : "";
  const after = `${text.slice(0, from)}${gap}${written}${text.slice(to)}`;
  return meansExactly(text, after, { index, steps: found.steps, value })
    ? { text: after }
    : { refused: `${key} can't be set without changing something else as well: change it there by hand`, line };
}

/** The keys of a dotted path. */
export const segmentsOf = (key: string): string[] =>
  key.match(/(?:\\.|[^.\\])+/g)?.map((part) => part.replaceAll(/\\(.)/g, "$1")) ?? [];

function documentsOf(text: string, lineCounter?: LineCounter): Document.Parsed[] {
  const found = parseAllDocuments(text, { version: "1.1", intAsBigInt: true, ...(lineCounter && { lineCounter }) });
  return Array.isArray(found) ? found : [];
}

const lineAt = (lines: LineCounter, offset: number): number => Math.max(1, lines.linePos(offset).line);

interface Ranged {
  range?: [number, number, number] | null | undefined;
  type?: string | undefined;
  tag?: string | undefined;
}

/** The node at a path, with those on the way; or why there is none, and where the way ends. */
function nodeAt(
  document: Document.Parsed,
  segments: readonly string[],
): { node: Ranged; way: unknown[]; steps: Step[] } | { refused: string; at: number } {
  let node: unknown = document.contents;
  const way: unknown[] = [node];
  const steps: Step[] = [];
  for (const [depth, segment] of segments.entries()) {
    const at = (node as Ranged | null)?.range?.[0] ?? 0;
    const shown = segments.slice(0, depth + 1).join(".");
    // What an alias stands for is changed where its anchor is.
    if (isAlias(node))
      return { refused: `${shown}: the alias *${node.source} stands there: change what it stands for`, at };
    const step = isSeq(node) ? Number(segment) : segment;
    const next = isMap(node) || isSeq(node) ? (node.get(step, true) as unknown) : undefined;
    if (next === undefined) return { refused: `it has no ${shown}`, at };
    node = next;
    way.push(node);
    steps.push(step);
  }
  return { node: node as Ranged, way, steps };
}

function meansExactly(
  before: string,
  after: string,
  { index, steps, value }: { index: number; steps: readonly Step[]; value: string },
): boolean {
  try {
    const expected = documentsOf(before).map(valueOf);
    expected[index] = withValue(expected[index], steps, value);
    const documents = documentsOf(after);
    return documents.every(({ errors }) => errors.length === 0) && isDeepStrictEqual(documents.map(valueOf), expected);
  } catch {
    return false;
  }
}

/** With nothing shared: what an alias repeats is a value of its own. */
const valueOf = (document: Document.Parsed): unknown => structuredClone(document.toJS());

function withValue(root: unknown, steps: readonly Step[], value: string): unknown {
  const [step, ...rest] = steps;
  if (step === undefined) return value;
  if (Array.isArray(root)) return root.map((item: unknown, at) => (at === step ? withValue(item, rest, value) : item));
  const fields = root as Record<string, unknown>;
  return { ...fields, [step]: withValue(fields[step], rest, value) };
}
