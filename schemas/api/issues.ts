import { z } from "zod";
import { nearest } from "./nearest.ts";

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** One thing wrong with a value: where, as path steps, and what; `key` says that the field's name is meant, not its value. */
export interface IssueProblem {
  path: Path;
  key: boolean;
  message: string;
  next?: string;
}

/** Values under these names are never shown. */
const SENSITIVE = /credential|secret|password|token|private|kubeconfig/i;

/** Unknown fields told of one mapping: each is compared with all that are known. */
const MOST_KEYS = 100;

/** The problems of a value that did not fit its schema. Values of secret fields stay out of the messages. */
export function problemsOf(error: z.ZodError, schema: z.ZodType, value: unknown): IssueProblem[] {
  return error.issues.flatMap((issue) => explain(issue as Issue, [], schema, value));
}

/** A path as people write it: `spec.source.helm.parameters[0].name`. */
export function writePath(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    const plain = /^[\w-]+$/.test(String(step));
    if (!plain) return `${text}["${String(step)}"]`;
    return text === "" ? String(step) : `${text}.${String(step)}`;
  }, "");
}

function explain(issue: Issue, base: Path, schema: z.ZodType, value: unknown): IssueProblem[] {
  const path = [...base, ...issue.path];
  const at = { path, key: false };
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.slice(0, MOST_KEYS).map((key) => unknownKey(path, key, fieldsAt(schema, path)));
    case "invalid_type":
      return [{ ...at, ...wrongType(issue.expected, valueAt(value, path), schemaAt(schema, path)) }];
    case "invalid_value":
      return [{ ...at, ...wrongValue(issue.values.map(String), valueAt(value, path), path) }];
    case "invalid_union":
      return explainUnion(issue, path, schema, value);
    case "invalid_key":
    case "invalid_element":
      return [{ ...at, message: issue.issues[0]?.message ?? issue.message }];
    case "invalid_format":
      return [{ ...at, message: issue.format === "url" ? "must be a URL" : issue.message }];
    case "too_small":
      return [{ ...at, message: tooSmall(issue) }];
    case "too_big":
    case "not_multiple_of":
    case "custom":
      return [{ ...at, message: issue.message }];
  }
}

function tooSmall(issue: z.core.$ZodIssueTooSmall): string {
  if (issue.origin === "string") return "must not be empty";
  if (issue.origin === "array") return `must have at least ${issue.minimum}`;
  return `must be at least ${issue.minimum}`;
}

/** The alternative with the fewest problems is the one that was meant. */
function explainUnion(issue: z.core.$ZodIssueInvalidUnion, path: Path, schema: z.ZodType, value: unknown) {
  const [best] = [...issue.errors].toSorted((a, b) => a.length - b.length);
  if (!best) return [{ path, key: false, message: "fits none of the allowed forms" }];
  return best.flatMap((inner) => explain(inner, path, schema, value));
}

/** Fields that the neighbours have and we have not, though a name of ours looks like them. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  sources: "an Application has one source: write it under source, and make an Application for each other",
};

function unknownKey(path: Path, key: string, known: string[]): IssueProblem {
  const meant = nearest(key, known);
  const fields = known.length > 0 ? `known here: ${known.join(", ")}` : undefined;
  const next = ELSEWHERE[key] ?? (meant ? `did you mean ${meant}?` : fields);
  return { path: [...path, key], key: true, message: `unknown field ${key}`, ...(next !== undefined && { next }) };
}

const TYPES: Record<string, string> = {
  string: "a string",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
  record: "a mapping",
};

function wrongType(expected: string, got: unknown, schema: unknown): { message: string; next?: string } {
  const wanted = TYPES[expected] ?? expected;
  if (got === undefined) return { message: `is missing: expected ${wanted}` };
  const message = `expected ${wanted}, got ${typeName(got)}`;
  const scalar = typeof got === "number" || typeof got === "boolean";
  return expected === "string" && scalar ? { message, next: asText(String(got), schema) } : { message };
}

/** How a number or a truth value is written where a text is expected: one that would be refused in quotes as well is told as what fits. */
function asText(text: string, schema: unknown): string {
  if (!(schema instanceof z.ZodType)) return "put it in quotes";
  const quoted = schema.safeParse(text);
  if (quoted.success) return "put it in quotes";
  if (schema.safeParse(`${text}s`).success) return `write it with its unit: ${text}s`;
  return quoted.error.issues[0]?.message ?? "put it in quotes";
}

function typeName(value: unknown): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  return TYPES[typeof value] ?? typeof value;
}

function wrongValue(values: string[], got: unknown, path: Path): { message: string; next?: string } {
  const wanted = values.length === 1 ? values[0]! : `one of ${values.join(", ")}`;
  if (got === undefined) return { message: `is missing: expected ${wanted}` };
  const shown = typeof got === "string" && got.length <= 80 && !path.some((step) => SENSITIVE.test(String(step)));
  const meant = typeof got === "string" ? nearest(got, values) : undefined;
  return {
    message: `expected ${wanted}, got ${shown ? got : typeName(got)}`,
    ...(meant && { next: `did you mean ${meant}?` }),
  };
}

function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const step of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<PropertyKey, unknown>)[step];
  }
  return at;
}

function unwrapped(schema: z.ZodType | undefined): unknown {
  let inner: unknown = schema;
  while (
    inner instanceof z.ZodDefault ||
    inner instanceof z.ZodPrefault ||
    inner instanceof z.ZodOptional ||
    inner instanceof z.ZodNullable
  ) {
    inner = inner.unwrap();
  }
  return inner;
}

/** What a schema expects at a path; undefined where it can't be followed there. */
function schemaAt(schema: z.ZodType, path: Path): unknown {
  let at = unwrapped(schema);
  for (const step of path) {
    if (at instanceof z.ZodObject) at = unwrapped((at.shape as Record<string, z.ZodType>)[String(step)]);
    else if (at instanceof z.ZodArray) at = unwrapped(at.element as z.ZodType);
    else return undefined;
  }
  return at;
}

/** Names of the fields that the schema knows at a path. */
function fieldsAt(schema: z.ZodType, path: Path): string[] {
  const at = schemaAt(schema, path);
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}
