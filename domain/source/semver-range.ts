/**
 * Semantic versions and ranges in the grammar of Masterminds/semver 3, which Helm, Flux and Argo CD use: `,` or space is and,
 * `||` is or, `=` `!=` `>` `<` `>=` `<=` `~` `^`, `x` wildcards, `a - b`. A pre-release only fits a comparison that names one.
 */
export interface Version {
  major: number;
  minor: number;
  patch: number;
  pre: string;
  /** The text it was read from. */
  text: string;
}

const NUMBER = "(0|[1-9]\\d*)";
const PRE = "[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*";
const VERSION = new RegExp(`^v?${NUMBER}(?:\\.${NUMBER})?(?:\\.${NUMBER})?(?:-(${PRE}))?(?:\\+${PRE})?$`);

/** A version, with minor and patch 0 where they are missing; undefined when it is not one. */
export function parseVersion(text: string): Version | undefined {
  const match = VERSION.exec(text);
  if (!match || text.length > 256) return undefined;
  const [, major, minor = "0", patch = "0", pre = ""] = match;
  if (pre.split(".").some((part) => /^0\d+$/.test(part))) return undefined;
  return { major: Number(major), minor: Number(minor), patch: Number(patch), pre, text };
}

/** Negative, zero or positive as semver 2 orders them; build metadata does not count. */
export function compareVersions(a: Version, b: Version): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch || comparePre(a.pre, b.pre);
}

function comparePre(a: string, b: string): number {
  if (a === b) return 0;
  if (a === "" || b === "") return a === "" ? 1 : -1;
  const left = a.split(".");
  const right = b.split(".");
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const order = compareIdentifier(left[at], right[at]);
    if (order !== 0) return order;
  }
  return 0;
}

function compareIdentifier(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
  const [numericA, numericB] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (numericA && numericB) return Number(a) - Number(b);
  if (numericA !== numericB) return numericA ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Whether a version fits. */
export type Range = (version: Version) => boolean;

/** One comparison's operand: the parts that were written, the rest being wildcards. */
interface Operand {
  version: Version;
  /** How many of major, minor, patch were given. */
  given: 0 | 1 | 2 | 3;
}

const PART = "(?:0|[1-9]\\d*|[xX*])";
const OPERAND = `v?${PART}(?:\\.${PART}){0,2}(?:-${PRE})?(?:\\+${PRE})?`;
const COMPARISON = new RegExp(`^\\s*(=|==|!=|>|<|>=|=>|<=|=<|~|~>|\\^)?\\s*(${OPERAND})\\s*(?:,|\\s|$)`);
const HYPHEN = new RegExp(`^\\s*(${OPERAND})\\s+-\\s+(${OPERAND})\\s*$`);

/** A range, or undefined when the text is not one. */
export function parseRange(text: string): Range | undefined {
  if (text.length > 512) return undefined;
  const alternatives = text.split("||").map(parseAll);
  if (alternatives.some((all) => all === undefined)) return undefined;
  return (version) => alternatives.some((all) => all!(version));
}

function parseAll(text: string): Range | undefined {
  const hyphen = HYPHEN.exec(text);
  if (hyphen) return parseAll(`>=${hyphen[1]}, <=${hyphen[2]}`);
  const comparisons: Range[] = [];
  let rest = text.trim();
  if (rest === "") return undefined;
  while (rest !== "") {
    const match = COMPARISON.exec(rest);
    const operand = match ? parseOperand(match[2]!) : undefined;
    if (!match || !operand) return undefined;
    comparisons.push(comparison(match[1] ?? "", operand));
    rest = rest.slice(match[0].length).trim();
  }
  return (version) => comparisons.every((fits) => fits(version));
}

function parseOperand(text: string): Operand | undefined {
  const [core = "", ...preParts] = text.replace(/^v/, "").split("+")[0]!.split("-");
  const parts = core.split(".");
  const wild = parts.findIndex((part) => /^[xX*]$/.test(part));
  const given = (wild < 0 ? parts.length : wild) as Operand["given"];
  const numbers = parts.slice(0, given);
  const pre = given === 3 ? preParts.join("-") : "";
  const version = parseVersion([...numbers, "0", "0", "0"].slice(0, 3).join(".") + (pre === "" ? "" : `-${pre}`));
  return version && { version, given };
}

function comparison(operator: string, operand: Operand): Range {
  const { version: bound } = operand;
  const within =
    (fits: Range): Range =>
    (version) =>
      (version.pre === "" || bound.pre !== "") && fits(version);
  const upper = (parts: 1 | 2): Version => next(bound, parts);
  switch (operator) {
    case "!=":
      return operand.given < 3
        ? (version) => !sameParts(version, operand)
        : (version) => compareVersions(version, bound) !== 0;
    case ">":
      return within((version) =>
        operand.given < 3 ? compareVersions(version, bound) >= 0 && !sameParts(version, operand) : order(version) > 0,
      );
    case "<":
      return within((version) => order(version) < 0);
    case ">=":
    case "=>":
      return within((version) => order(version) >= 0);
    case "<=":
    case "=<":
      return within((version) => order(version) <= 0 || (operand.given < 3 && sameParts(version, operand)));
    case "^":
      return within((version) => order(version) >= 0 && caret(version, operand));
    case "~":
    case "~>":
      return within(tilde);
    default:
      return within(operand.given < 3 ? tilde : (version) => order(version) === 0);
  }
  function order(version: Version): number {
    return compareVersions(version, bound);
  }
  function tilde(version: Version): boolean {
    if (operand.given === 0) return true;
    return (
      order(version) >= 0 && compareVersions(version, upper(operand.given === 1 ? 1 : 2)) < 0 && sameMinor(version)
    );
  }
  function sameMinor(version: Version): boolean {
    return version.major === bound.major && (operand.given === 1 || version.minor === bound.minor);
  }
}

/** The first version past a major (1) or minor (2). */
function next(version: Version, parts: 1 | 2): Version {
  const [major, minor] = parts === 1 ? [version.major + 1, 0] : [version.major, version.minor + 1];
  return { major, minor, patch: 0, pre: "", text: "" };
}

/** Whether all parts that were written are equal; with none, everything is. */
function sameParts(version: Version, { version: bound, given }: Operand): boolean {
  return (
    (given < 1 || version.major === bound.major) &&
    (given < 2 || version.minor === bound.minor) &&
    (given < 3 || version.patch === bound.patch)
  );
}

/** Nothing left of the leftmost non-zero part may change. */
function caret(version: Version, { version: bound, given }: Operand): boolean {
  if (given === 0) return true;
  if (version.major !== bound.major) return false;
  if (bound.major > 0 || given === 1) return true;
  if (version.minor !== bound.minor) return false;
  return bound.minor > 0 || given === 2 || version.patch === bound.patch;
}
