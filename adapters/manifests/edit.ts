import { isDeepStrictEqual } from "node:util";
import { Document, isMap, isScalar, isSeq, parseAllDocuments } from "yaml";
import type { FieldChange, ObjectEdit } from "../../domain/break-glass/difference.ts";
import { groupOf } from "../../domain/sync/identity.ts";
import { aliasRefusal } from "./aliases.ts";
import { editJson, jsonOf } from "./edit-json.ts";
import { indexIn, type Place, withChanges } from "./edit-value.ts";

/** A file after edits: its text, or null when nothing is left of it; which of the edits it was the place of, and which can't be made. */
export interface EditedFile {
  text: string | null;
  done: ObjectEdit[];
  refused: { edit: ObjectEdit; message: string }[];
}

interface Piece {
  document: Document.Parsed;
  text: string;
  /** Where the piece begins in the file: ranges of nodes count from the file's beginning. */
  offset: number;
  edit?: ObjectEdit;
}

/**
 * Changes the manifests of objects where they stand in a file of YAML or JSON documents. A value that takes another's place changes nothing
 * but its own characters; otherwise only that document is written anew, comments and order kept. What was written is read back: a file
 * that would not mean exactly what was asked for is left alone.
 */
export function editManifests(text: string, edits: readonly ObjectEdit[]): EditedFile {
  const refused: EditedFile["refused"] = [];
  const pieces = piecesOf(text);
  for (const piece of pieces) {
    const edit = edits.find((one) => isManifestOf(piece.document, one));
    const message = edit && refusalOf(piece, edit);
    if (edit && message !== undefined) refused.push({ edit, message });
    else if (edit) piece.edit = edit;
  }
  const done = pieces.flatMap(({ edit }) => edit ?? []);
  if (done.length === 0) return { text, done, refused };
  const after = written(text, pieces);
  if (after !== undefined) return { text: after, done, refused };
  const message = "its file can't be changed without changing something else as well: change it there by hand";
  return { text, done: [], refused: [...refused, ...done.map((edit) => ({ edit, message }))] };
}

/** Why one edit can't be made; undefined where it can. */
function refusalOf({ document }: Piece, { removed, changes }: ObjectEdit): string | undefined {
  if (removed) return undefined;
  const way = changes.flatMap(({ path }) =>
    [...path.keys(), path.length].map((length) => {
      const place = placeOf(document, path.slice(0, length));
      return place && (document.getIn(place, true) as unknown);
    }),
  );
  const lost = changes.some(
    ({ path, value }) => value !== undefined && !placeOf(document, path) && !placeOf(document, path.slice(0, -1)),
  );
  const shared = aliasRefusal(document, way);
  return shared ?? (lost ? "its manifest has no such item of a list: change it there by hand" : undefined);
}

/** The new text, null when nothing is left, undefined where it does not mean what it should. */
function written(text: string, pieces: readonly Piece[]): string | null | undefined {
  try {
    const expected = valuesOf(text).flatMap((value, index) => {
      const edit = pieces[index]?.edit;
      return value === null || edit?.removed ? [] : [withChanges(value, edit?.changes ?? [])];
    });
    if (expected.length === 0) return null;
    const after = pieces.map(textOf).join("");
    const [only] = pieces;
    if (pieces.length === 1 && only?.edit && jsonOf(text) !== undefined) {
      return editJson(text, only.edit.changes, after);
    }
    const got = valuesOf(after).filter((value) => value !== null);
    return isDeepStrictEqual(got, expected) ? after : undefined;
  } catch {
    // An alias whose anchor is gone, too many aliases, a document that can't be read: nothing that may be written.
    return undefined;
  }
}

function textOf(piece: Piece): string {
  if (!piece.edit) return piece.text;
  return piece.edit.removed ? "" : edited(piece, piece.edit.changes);
}

/** What the documents of a text say, null where one is empty. Throws where one has errors. */
function valuesOf(text: string): unknown[] {
  const documents = parseAllDocuments(text, { version: "1.1", intAsBigInt: true });
  if (!Array.isArray(documents)) return [];
  return documents.map((document) => {
    const [error] = document.errors;
    if (error) throw error;
    return asRaw(document.toJS());
  });
}

/** As raw JSON has integers, and with nothing shared: what an alias repeats is a value of its own. */
function asRaw(value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (Array.isArray(value)) return value.map(asRaw);
  if (value === null || typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, asRaw(inner)]));
}

function piecesOf(text: string): Piece[] {
  const documents = parseAllDocuments(text, { version: "1.1", keepSourceTokens: true, intAsBigInt: true });
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

/** A value as it is written in the place of a scalar of this type; undefined where it takes another form. */
export function scalarText(value: unknown, type: string | undefined): string | undefined {
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") return String(value);
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
  if (!list) return;
  if (isSeq(document.getIn(list, true))) document.addIn(list, document.createNode(value));
  else document.setIn(list, document.createNode([value]));
}

/** Keys and indexes in the document of a path of a field set; undefined where a list has no such member. */
function placeOf(document: Document.Parsed, path: readonly string[]): Place | undefined {
  const place: Place = [];
  for (const element of path) {
    if (element.startsWith("f:")) {
      place.push(element.slice(2));
      continue;
    }
    const list: unknown = document.getIn(place, true);
    const index = isSeq(list) ? indexIn(asRaw(list.toJS(document)) as unknown[], element) : -1;
    if (index < 0) return undefined;
    place.push(index);
  }
  return place;
}
