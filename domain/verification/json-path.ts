/** Thrown when a path can't be read, or finds nothing. */
export class JsonPathError extends Error {}

type Step =
  | { type: "field"; name: string }
  | { type: "index"; at: number }
  | { type: "slice"; from: number | undefined; to: number | undefined }
  | { type: "every" }
  | { type: "deep" }
  | { type: "filter"; path: Step[]; operator?: string; value?: unknown };

const MOST_STEPS = 50;
/** Values that one path may go through: an answer is at most a megabyte. */
const MOST_VALUES = 200_000;

/**
 * The first value that a path finds, in kubectl's form (`{$.data[0].ok}`, `{.items[?(@.name=="web")].value}`, `{..ready}`); braces and the
 * `$` may be left away. Throws JsonPathError.
 */
export function firstByJsonPath(path: string, value: unknown): unknown {
  const [found] = walk(parse(path), [value]);
  if (found === undefined) throw new JsonPathError("it finds nothing in the answer");
  return found;
}

/** What is wrong with a path; undefined when nothing is. */
export function jsonPathProblem(path: string): string | undefined {
  try {
    parse(path);
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof JsonPathError)) throw thrown;
    return thrown.message;
  }
}

function walk(steps: readonly Step[], start: unknown[]): unknown[] {
  let values = start;
  for (const step of steps) {
    values = values.flatMap((value) => next(step, value));
    if (values.length > MOST_VALUES) throw new JsonPathError("it goes through too many values");
  }
  return values;
}

function next(step: Step, value: unknown): unknown[] {
  switch (step.type) {
    case "field":
      return isMap(value) && Object.hasOwn(value, step.name) ? [value[step.name]] : [];
    case "index":
      return Array.isArray(value) ? value.slice(step.at).slice(0, 1) : [];
    case "slice":
      return Array.isArray(value) ? value.slice(step.from, step.to) : [];
    case "every":
      return inside(value);
    case "deep":
      return deep(value);
    case "filter":
      return inside(value).filter((item) => passes(step, item));
  }
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const inside = (value: unknown): unknown[] =>
  Array.isArray(value) ? (value as unknown[]) : isMap(value) ? Object.values(value) : [];

/** The value and everything in it, without recursion: an answer may be nested as deep as it is long. */
function deep(value: unknown): unknown[] {
  const found: unknown[] = [];
  const open = [value];
  while (open.length > 0) {
    const one = open.pop();
    found.push(one);
    if (found.length > MOST_VALUES) throw new JsonPathError("it goes through too many values");
    open.push(...inside(one).toReversed());
  }
  return found;
}

function passes({ path, operator, value }: Step & { type: "filter" }, item: unknown): boolean {
  const [found] = walk(path, [item]);
  if (operator === undefined) return found !== undefined;
  if (operator === "==") return found === value;
  if (operator === "!=") return found !== undefined && found !== value;
  if (typeof found !== typeof value || (typeof found !== "number" && typeof found !== "string")) return false;
  const [left, right] = [found, value as typeof found];
  if (operator === "<") return left < right;
  if (operator === "<=") return left <= right;
  return operator === ">" ? left > right : left >= right;
}

const FIELD = /^\.([\w$-](?:[\w$-]|\\.)*)/;
const QUOTED = /^\[\s*(?:'([^']*)'|"([^"]*)")\s*\]/;
const INDEX = /^\[\s*(-?\d+)\s*\]/;
const SLICE = /^\[\s*(-?\d*)\s*:\s*(-?\d*)\s*\]/;
const EVERY = /^(?:\[\s*\*\s*\]|\.\*)/;
const FILTER = /^\[\s*\?\(\s*@((?:\.[\w$-]+|\[\d+\])*)\s*(?:(==|!=|<=|>=|<|>)\s*("[^"]*"|'[^']*'|[-\w.]+)\s*)?\)\s*\]/;

function parse(path: string): Step[] {
  const text = path
    .trim()
    .replace(/^\{([\s\S]*)\}$/, "$1")
    .trim();
  return stepsOf(text.replace(/^[$@]/, ""));
}

function stepsOf(text: string): Step[] {
  const steps: Step[] = [];
  let rest = text === "" || /^[.[]/.test(text) ? text : `.${text}`;
  while (rest !== "") {
    const [step, length] = stepAt(rest);
    steps.push(step);
    if (steps.length > MOST_STEPS) throw new JsonPathError(`it has more than ${MOST_STEPS} steps`);
    rest = rest.slice(length);
  }
  return steps;
}

function stepAt(rest: string): [Step, number] {
  // `..name`: everything, and of that the fields.
  if (rest.startsWith("..")) return [{ type: "deep" }, rest[2] === "[" ? 2 : 1];
  const every = EVERY.exec(rest);
  if (every) return [{ type: "every" }, every[0].length];
  const field = FIELD.exec(rest);
  if (field) return [{ type: "field", name: field[1]!.replaceAll(/\\(.)/g, "$1") }, field[0].length];
  const quoted = QUOTED.exec(rest);
  if (quoted) return [{ type: "field", name: quoted[1] ?? quoted[2]! }, quoted[0].length];
  const index = INDEX.exec(rest);
  if (index) return [{ type: "index", at: Number(index[1]) }, index[0].length];
  const slice = SLICE.exec(rest);
  if (slice) return [{ type: "slice", from: bound(slice[1]!), to: bound(slice[2]!) }, slice[0].length];
  const filter = FILTER.exec(rest);
  if (filter) return [filterOf(filter), filter[0].length];
  throw new JsonPathError(`it can't be read at ${JSON.stringify(rest.slice(0, 40))}`);
}

const bound = (text: string): number | undefined => (text === "" ? undefined : Number(text));

function filterOf([, path = "", operator, value]: RegExpExecArray): Step {
  const steps = stepsOf(path);
  if (operator === undefined || value === undefined) return { type: "filter", path: steps };
  return { type: "filter", path: steps, operator, value: literal(value) };
}

function literal(text: string): unknown {
  if (/^["']/.test(text)) return text.slice(1, -1);
  if (text === "true" || text === "false") return text === "true";
  if (text === "null") return null;
  if (/^-?\d+(?:\.\d+)?$/.test(text)) return Number(text);
  throw new JsonPathError(`${text} is no value: write texts in quotes`);
}
