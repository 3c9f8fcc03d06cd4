import { isDeepStrictEqual } from "node:util";
import { type Document, isMap, isScalar, isSeq, LineCounter, parseDocument, type Scalar, type YAMLMap } from "yaml";
import { aliasRefusal } from "./aliases.ts";
import { scalarText } from "./edit.ts";
import type { SetValue } from "./set-value.ts";

/** An image as a kustomization's `images` is to have it. */
export interface KustomizeImage {
  /** The one in the manifests. */
  name: string;
  repository: string;
  /** Exactly one of both. */
  digest?: string;
  tag?: string;
}

const FIELDS = ["newName", "newTag", "digest"] as const;
type Entry = Partial<Record<"name" | (typeof FIELDS)[number], string>>;

/**
 * A kustomization with images set by name: entries that are there are changed in their places, the others added at the end; comments and
 * order stay. What was written is read back: a file that would mean anything else is refused.
 */
export function setImages(text: string, images: readonly KustomizeImage[]): SetValue {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { keepSourceTokens: true, lineCounter });
  const [bad] = document.errors;
  const lineAt = (offset: number): number => Math.max(1, lineCounter.linePos(offset).line);
  if (bad)
    return { refused: `it is no YAML that can be read: ${bad.message.split("\n", 1)[0]}`, line: lineAt(bad.pos[0]) };
  if (!isMap(document.contents)) return { refused: "it is no kustomization", line: 1 };
  const list: unknown = document.get("images", true);
  if (list !== undefined && !isSeq(list)) return { refused: "its images is no plain list" };
  const shared = aliasRefusal(document, [list, ...(isSeq(list) ? list.items : [])]);
  if (shared !== undefined) return { refused: shared.replace("in its manifest ", "images: ") };
  const before = document.toJS() as { images?: Entry[] };
  const wanted = images.map(entryOf);
  if (wanted.every((entry) => isAsWanted(before.images, entry))) return { text };
  const written = inPlace(text, document, wanted) ?? anew(text, document, wanted);
  return meansExactly(before, written, wanted)
    ? { text: written }
    : { refused: "its images can't be set without changing something else as well: write them as a plain list" };
}

function entryOf({ name, repository, digest, tag }: KustomizeImage): Wanted {
  return {
    name,
    ...(repository !== name && { newName: repository }),
    ...(digest !== undefined ? { digest } : tag !== undefined && { newTag: tag }),
  };
}

const isAsWanted = (images: readonly Entry[] | undefined, wanted: Entry): boolean =>
  images?.some((entry) => entry.name === wanted.name && isDeepStrictEqual(entry, wanted)) === true;

type Wanted = Entry & { name: string };

const entryNamed = (document: Document, name: string): YAMLMap | undefined => {
  const list: unknown = document.get("images", true);
  const items: readonly unknown[] = isSeq(list) ? list.items : [];
  return items.find((item): item is YAMLMap => isMap(item) && item.get("name") === name);
};

/** The text with nothing but values changed, or a tag's line turned into a digest's; undefined where lines come or go. */
function inPlace(text: string, document: Document, wanted: readonly Wanted[]): string | undefined {
  const splices: Splice[] = [];
  for (const image of wanted) {
    const found = splicesOf(entryNamed(document, image.name), image);
    if (!found) return undefined;
    splices.push(...found);
  }
  return splices
    .sort((a, b) => b.from - a.from)
    .reduce((all, { from, to, text: with_ }) => all.slice(0, from) + with_ + all.slice(to), text);
}

interface Splice {
  from: number;
  to: number;
  text: string;
}

function splicesOf(entry: YAMLMap | undefined, wanted: Wanted): Splice[] | undefined {
  const pairs = entry?.items.filter(({ key }) => isScalar(key) && FIELDS.some((field) => field === key.value)) ?? [];
  const there = pairs.map(({ key }) => String((key as Scalar).value));
  const version = (name: string): boolean => name !== "newName";
  const fits = there.filter(version).length === 1 && there.includes("newName") === (wanted.newName !== undefined);
  if (!fits) return undefined;
  const splices: Splice[] = [];
  for (const { key, value } of pairs) {
    if (!isScalar(key) || !isScalar(value) || !key.range || !value.range || value.anchor !== undefined)
      return undefined;
    const field = key.value === "newName" ? "newName" : wanted.digest === undefined ? "newTag" : "digest";
    const written = scalarText(wanted[field], value.type);
    if (written === undefined) return undefined;
    if (key.value !== field) splices.push({ from: key.range[0], to: key.range[1], text: field });
    if (value.value !== wanted[field]) splices.push({ from: value.range[0], to: value.range[1], text: written });
  }
  return splices;
}

/** The whole kustomization written anew: its comments and order stay, not every blank before a comment. */
function anew(text: string, document: Document, wanted: readonly Wanted[]): string {
  for (const entry of wanted) setImage(document, entry);
  const after = document.toString({ lineWidth: 0, indentSeq: !/^[\w-]+:[ \t]*\r?\n-/m.test(text) });
  return text.includes("\r\n") ? after.replaceAll(/\r?\n/g, "\r\n") : after;
}

function setImage(document: Document, wanted: Wanted): void {
  const list: unknown = document.get("images", true);
  if (!isSeq(list)) return document.set("images", document.createNode([wanted]));
  const found = entryNamed(document, wanted.name);
  if (!found) return document.addIn(["images"], document.createNode(wanted));
  for (const field of FIELDS) {
    const value = wanted[field];
    if (value === undefined) found.delete(field);
    else if (found.get(field) !== value) found.set(field, value);
  }
}

/** Whether a kustomization says what it said before, with these images. */
function meansExactly(before: { images?: Entry[] }, text: string, wanted: readonly Wanted[]): boolean {
  const document = parseDocument(text);
  if (document.errors.length > 0) return false;
  const { images: own = [], ...others } = before;
  const { images, ...rest } = document.toJS() as { images?: unknown };
  const kept = own.map((entry) => {
    const change = wanted.find(({ name }) => name === entry.name);
    if (!change) return entry;
    const { newName: _name, newTag: _tag, digest: _digest, ...more } = entry;
    return { ...more, ...change };
  });
  const added = wanted.filter(({ name }) => !own.some((entry) => entry.name === name));
  return isDeepStrictEqual(rest, others) && isDeepStrictEqual(images, [...kept, ...added]);
}
