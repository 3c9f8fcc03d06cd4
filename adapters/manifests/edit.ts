import { Document, isMap, isScalar, isSeq, parseAllDocuments, type Scalar, type YAMLSeq } from "yaml";
import type { FieldChange, ObjectEdit } from "../../domain/break-glass/difference.ts";
import { groupOf } from "../../domain/sync/identity.ts";

/** A file after edits: its text, or null when nothing is left of it; and which of the edits it was the place of. */
export interface EditedFile {
  text: string | null;
  done: ObjectEdit[];
}

interface Piece {
  document: Document.Parsed;
  text: string;
  /** Where the piece begins in the file: ranges of nodes count from the file's beginning. */
  offset: number;
}

/**
 * Changes the manifests of objects where they stand in a file of YAML or JSON documents. A value that takes another's place changes nothing
 * but its own characters; otherwise only that document is written anew, comments and order kept.
 */
export function editManifests(text: string, edits: readonly ObjectEdit[]): EditedFile {
  const done: ObjectEdit[] = [];
  const pieces = piecesOf(text);
  const after = pieces.map((piece) => {
    const edit = edits.find((one) => isManifestOf(piece.document, one));
    if (!edit) return piece.text;
    done.push(edit);
    return edit.removed ? "" : edited(piece, edit.changes);
  });
  const left = after.some((part, index) => part !== "" && pieces[index]!.document.contents !== null);
  return { text: left ? after.join("") : null, done };
}

function piecesOf(text: string): Piece[] {
  const documents = parseAllDocuments(text, { version: "1.1", keepSourceTokens: true });
  if (!Array.isArray(documents)) return [];
  let offset = 0;
  return documents.map((document, index) => {
    const end = index === documents.length - 1 ? text.length : document.range[2];
    const piece = { document, text: text.slice(offset, end), offset };
    offset = end;
    return piece;
  });
}

function isManifestOf(document: Document.Parsed, { key, apiVersion }: ObjectEdit): boolean {
  if (document.errors.length > 0 || !isMap(document.contents)) return false;
  const namespace: unknown = document.getIn(["metadata", "namespace"]);
  const version: unknown = document.get("apiVersion");
  return (
    document.get("kind") === key.kind &&
    (version === apiVersion || (typeof version === "string" && groupOf(version) === key.group)) &&
    document.getIn(["metadata", "name"]) === key.name &&
    (namespace === undefined || namespace === null || namespace === key.namespace)
  );
}

function edited({ document, text, offset }: Piece, changes: readonly FieldChange[]): string {
  const splices = changes.map((change) => spliceOf(document, change));
  if (splices.every((splice) => splice !== undefined)) {
    return splices
      .sort((a, b) => b.from - a.from)
      .reduce((all, { from, to, text: with_ }) => all.slice(0, from - offset) + with_ + all.slice(to - offset), text);
  }
  for (const change of changes) applyChange(document, change);
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

/** The characters to replace, where one scalar takes another's place. */
function spliceOf(
  document: Document.Parsed,
  { path, value }: FieldChange,
): { from: number; to: number; text: string } | undefined {
  const place = placeOf(document, path);
  const node: unknown = place && document.getIn(place, true);
  if (!isScalar(node) || !node.range || node.anchor !== undefined || node.tag !== undefined) return undefined;
  const text = scalarText(value, node.type);
  return text === undefined ? undefined : { from: node.range[0], to: node.range[1], text };
}

function scalarText(value: unknown, type: Scalar.Type | undefined): string | undefined {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "string" || value.includes("\n")) return undefined;
  if (type === "QUOTE_DOUBLE") return JSON.stringify(value);
  if (type === "QUOTE_SINGLE") return `'${value.replaceAll("'", "''")}'`;
  if (type !== "PLAIN") return undefined;
  return new Document(value, { version: "1.1" }).toString({ lineWidth: 0 }).trimEnd();
}

function applyChange(document: Document.Parsed, { path, value }: FieldChange): void {
  const place = placeOf(document, path);
  if (value === undefined) {
    if (place) document.deleteIn(place);
    return;
  }
  if (place) return document.setIn(place, document.createNode(value));
  // The last element is a member that the list has not got yet.
  const list = placeOf(document, path.slice(0, -1));
  if (list) document.addIn(list, document.createNode(value));
}

/** Keys and indexes in the document of a path of a field set; undefined where a list has no such member. */
function placeOf(document: Document.Parsed, path: readonly string[]): (string | number)[] | undefined {
  const place: (string | number)[] = [];
  for (const element of path) {
    if (element.startsWith("f:")) {
      place.push(element.slice(2));
      continue;
    }
    const list: unknown = document.getIn(place, true);
    const index = isSeq(list) ? indexOf(list, element) : -1;
    if (index < 0) return undefined;
    place.push(index);
  }
  return place;
}

function indexOf(list: YAMLSeq, element: string): number {
  const rest = element.slice(2);
  if (element.startsWith("i:")) return Number(rest);
  const wanted: unknown = JSON.parse(rest);
  const items = list.toJSON() as unknown[];
  if (element.startsWith("v:")) return items.findIndex((item) => JSON.stringify(item) === rest);
  const keys = Object.entries(wanted as object);
  // A key with a default, as a port's protocol, may be left out of the manifest.
  const fits = (item: unknown) =>
    typeof item === "object" &&
    item !== null &&
    keys.every(([name, value]) => {
      const own = (item as Record<string, unknown>)[name];
      return own === undefined ? name === "protocol" && value === "TCP" : own === value;
    });
  return items.findIndex(fits);
}
