import type { z } from "zod";
import type { Problem } from "../../schemas/errors.ts";
import { checkOwn } from "../../domain/configuration/own.ts";
import { type IssueProblem, problemsOf, writePath } from "../../schemas/api/issues.ts";
import { nearest } from "../../schemas/api/nearest.ts";
import { type ConfigObject, type KindName, KINDS } from "../../schemas/kinds/index.ts";
import { API_VERSION } from "../../schemas/kinds/metadata.ts";
import { fromArgoCd } from "./argo-cd.ts";
import { fromArgoRollouts } from "./argo-rollouts.ts";
import { type ConfigurationDocument, parseDocuments } from "./documents.ts";

/** A configuration object that fits its schema, with the document it came from. */
export interface ReadObject {
  object: ConfigObject;
  document: ConfigurationDocument;
}

/** Problems told of one object. Each is looked for in its document, and one may have a hundred thousand unknown fields. */
const MOST_PROBLEMS = 100;

const KIND_NAMES = Object.keys(KINDS) as KindName[];

/** A dotted path as path steps; a number is a position in a list. */
const steps = (path: string): (string | number)[] =>
  path.split(".").map((step) => (/^\d+$/.test(step) ? Number(step) : step));

/** A problem of an object at a dotted path such as `spec.project`, with its file and line. */
export function problemAt(
  document: ConfigurationDocument,
  finding: { path: string; message: string; next?: string },
): Problem {
  const path = steps(finding.path);
  return { ...document.locate(path), ...finding, path: writePath(path) };
}

/** The configuration objects of several files, and every problem in them: what can't be read, or doesn't fit its kind. */
export function readConfiguration(files: { file: string; text: string }[]): {
  objects: ReadObject[];
  problems: Problem[];
  /** Whether what others refer to is among what can't be read, so that nothing can be said of references. */
  referencesOpen: boolean;
} {
  const objects: ReadObject[] = [];
  const problems: Problem[] = [];
  let referencesOpen = false;
  for (const { file, text } of files) {
    const parsed = parseDocuments(text, file);
    problems.push(...parsed.problems);
    referencesOpen ||= parsed.problems.length > 0;
    for (const document of parsed.documents.flatMap(itemsOf)) {
      const read = readObject(document);
      problems.push(...read.problems);
      referencesOpen ||= read.problems.length > 0 && !isLeaf(document.value);
      if (read.object) objects.push({ object: read.object, document });
    }
  }
  return { objects, problems: [...problems, ...duplicates(objects)], referencesOpen };
}

/** Whether no other object refers to one of this kind. */
const isLeaf = (value: unknown): boolean =>
  ["Application", "Repository"].includes(String((value as { kind?: unknown } | null)?.kind));

/** As many as a file may have documents. */
const MOST_ITEMS = 10_000;

/** The objects of a list, as `sluice get -o yaml` prints several; any other document is itself. */
function itemsOf(document: ConfigurationDocument): ConfigurationDocument[] {
  const { items, kind } = (document.value ?? {}) as { items?: unknown; kind?: unknown };
  if (!Array.isArray(items) || items.length > MOST_ITEMS || (kind !== undefined && kind !== "List")) return [document];
  return items.map((value: unknown, at) => ({
    value,
    file: document.file,
    locate: (path, key) => document.locate(["items", at, ...path], key),
  }));
}

function readObject(document: ConfigurationDocument): { object?: ConfigObject; problems: Problem[] } {
  const { value } = document;
  const place = (problem: IssueProblem): Problem => {
    const { path, key, message, next } = problem;
    return { ...document.locate(path, key), path: writePath(path), message, ...(next !== undefined && { next }) };
  };
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return {
      problems: [place({ path: [], key: false, message: "expected a mapping with apiVersion, kind, metadata, spec" })],
    };
  }
  const { status: _ignored, ...given } = value as Record<string, unknown>;
  const foreign = fromArgoCd(given) ?? fromArgoRollouts(given);
  const fields = foreign?.fields ?? given;
  const head = foreign?.problems ?? checkHead(fields);
  if (head.length > 0 && !foreign) return { problems: head.map(place) };
  const kind = fields["kind"] as KindName;
  const schema = KINDS[kind];
  const parsed = (schema as z.ZodType<ConfigObject>).safeParse(fields);
  const misfits = parsed.success ? [] : problemsOf(parsed.error, schema, fields).slice(0, MOST_PROBLEMS);
  const own = checkOwn(kind, fields).map((finding): IssueProblem => ({ ...finding, key: false }));
  const problems = [...head, ...misfits, ...own].map(place).toSorted(byPlace);
  return parsed.success && problems.length === 0 ? { object: parsed.data, problems } : { problems };
}

/** From the top of a document to its end, as they are mended. */
const byPlace = (one: Problem, other: Problem): number =>
  (one.line ?? 0) - (other.line ?? 0) || (one.column ?? 0) - (other.column ?? 0);

/** Before anything else of a document can be judged, its kind must be known. */
function checkHead(fields: Record<string, unknown>): IssueProblem[] {
  const { apiVersion, kind } = fields;
  const problems: IssueProblem[] = [];
  if (apiVersion !== API_VERSION) {
    const got = apiVersion === undefined ? "is missing: " : "";
    const other = typeof apiVersion === "string" ? `, got ${apiVersion.slice(0, 80)}` : "";
    problems.push({ path: ["apiVersion"], key: false, message: `${got}expected ${API_VERSION}${other}` });
  }
  if (typeof kind !== "string" || !Object.hasOwn(KINDS, kind)) {
    const meant = typeof kind === "string" ? nearest(kind, KIND_NAMES) : undefined;
    const got = typeof kind === "string" ? `, got ${kind.slice(0, 80)}` : "";
    problems.push({
      path: ["kind"],
      key: false,
      message: `${kind === undefined ? "is missing: " : ""}expected one of ${KIND_NAMES.join(", ")}${got}`,
      ...(meant && { next: `did you mean ${meant}?` }),
    });
  }
  return problems;
}

function duplicates(objects: ReadObject[]): Problem[] {
  const first = new Map<string, ReadObject>();
  const problems: Problem[] = [];
  for (const read of objects) {
    const key = `${read.object.kind} ${read.object.metadata.name}`;
    const before = first.get(key);
    if (!before) {
      first.set(key, read);
      continue;
    }
    const where = before.document.locate(["metadata", "name"]);
    problems.push(
      problemAt(read.document, {
        path: "metadata.name",
        message: `${key} stands here twice, first in ${where.file}:${where.line}`,
      }),
    );
  }
  return problems;
}
