/** A regular expression, parsed. */
export type Node =
  | { type: "empty" }
  | { type: "set"; set: CharSet }
  | { type: "assert"; at: "start" | "end" | "word" | "inside" }
  | { type: "all"; nodes: Node[] }
  | { type: "any"; nodes: Node[] }
  | { type: "repeat"; node: Node; least: number; most: number; greedy: boolean };

/** Characters by ranges of code points, both ends in. */
export interface CharSet {
  ranges: readonly (readonly [number, number])[];
  negated: boolean;
}

/** Thrown for what is no expression that can be matched in linear time: one sentence on why. */
export class PatternProblem extends Error {}

/** As RE2 has it: more would make programs of a size that nobody means. */
const MOST_REPEATS = 1_000;
const LAST = 0x10ffff;

const DIGIT: CharSet["ranges"] = [[48, 57]];
const WORD: CharSet["ranges"] = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
];
const SPACE: CharSet["ranges"] = [
  [9, 10],
  [12, 13],
  [32, 32],
];
const CLASSES: Readonly<Record<string, CharSet["ranges"]>> = { d: DIGIT, w: WORD, s: SPACE };
const CONTROLS: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };
const POSIX: Readonly<Record<string, CharSet["ranges"]>> = {
  alnum: [
    [48, 57],
    [65, 90],
    [97, 122],
  ],
  alpha: [
    [65, 90],
    [97, 122],
  ],
  digit: DIGIT,
  lower: [[97, 122]],
  upper: [[65, 90]],
  space: [
    [9, 13],
    [32, 32],
  ],
  word: WORD,
  xdigit: [
    [48, 57],
    [65, 70],
    [97, 102],
  ],
};

/**
 * Parses the common part of RE2's and JavaScript's syntax: classes, groups, alternatives, repetition, `^ $ \b \B`, `(?i)` in front.
 * Look-around and back-references, which can't be matched in linear time, are refused. Throws PatternProblem.
 */
export function parsePattern(text: string): Node {
  const insensitive = text.startsWith("(?i)");
  return new Parser(Array.from(insensitive ? text.slice(4) : text), insensitive).whole();
}

class Parser {
  readonly #text: readonly string[];
  readonly #insensitive: boolean;
  #at = 0;
  #depth = 0;

  constructor(text: readonly string[], insensitive: boolean) {
    this.#text = text;
    this.#insensitive = insensitive;
  }

  whole(): Node {
    const node = this.#alternatives();
    if (this.#at < this.#text.length) throw new PatternProblem("a `)` closes nothing");
    return node;
  }

  #alternatives(): Node {
    // Far from what the stack holds.
    if (++this.#depth > 100) throw new PatternProblem("groups are nested deeper than 100");
    const nodes = [this.#sequence()];
    while (this.#take("|")) nodes.push(this.#sequence());
    this.#depth--;
    return nodes.length === 1 ? nodes[0]! : { type: "any", nodes };
  }

  #sequence(): Node {
    const nodes: Node[] = [];
    while (this.#at < this.#text.length && this.#text[this.#at] !== "|" && this.#text[this.#at] !== ")") {
      nodes.push(this.#repeated(this.#atom()));
    }
    return nodes.length === 1 ? nodes[0]! : nodes.length === 0 ? { type: "empty" } : { type: "all", nodes };
  }

  #repeated(node: Node): Node {
    const bounds = this.#bounds();
    if (!bounds) return node;
    const greedy = !this.#take("?");
    if (this.#bounds()) throw new PatternProblem("a repetition is repeated");
    return { type: "repeat", node, ...bounds, greedy };
  }

  #bounds(): { least: number; most: number } | undefined {
    if (this.#take("*")) return { least: 0, most: Infinity };
    if (this.#take("+")) return { least: 1, most: Infinity };
    if (this.#take("?")) return { least: 0, most: 1 };
    const counted = /^\{(\d{1,6})(?:(,)(\d{1,6})?)?\}/.exec(this.#text.slice(this.#at, this.#at + 16).join(""));
    if (!counted) return undefined;
    this.#at += counted[0].length;
    const least = Number(counted[1]);
    const most = counted[2] === undefined ? least : counted[3] === undefined ? Infinity : Number(counted[3]);
    if (least > MOST_REPEATS || (most !== Infinity && most > MOST_REPEATS)) {
      throw new PatternProblem(`a part is repeated more than ${MOST_REPEATS} times`);
    }
    if (most < least) throw new PatternProblem("a repetition's bounds are the wrong way round");
    return { least, most };
  }

  #atom(): Node {
    const char = this.#text[this.#at++]!;
    switch (char) {
      case "(":
        return this.#group();
      case "[":
        return { type: "set", set: this.#class() };
      case ".":
        return { type: "set", set: { ranges: [[10, 10]], negated: true } };
      case "^":
        return { type: "assert", at: "start" };
      case "$":
        return { type: "assert", at: "end" };
      case "\\":
        return this.#escaped();
      case "*":
      case "+":
      case "?":
        throw new PatternProblem(`there is nothing that \`${char}\` could repeat`);
      default:
        return this.#literal(char.codePointAt(0)!);
    }
  }

  #group(): Node {
    if (this.#take("?")) {
      const rest = this.#text.slice(this.#at, this.#at + 70).join("");
      const opening = /^(?::|P?<[A-Za-z_][A-Za-z0-9_]{0,62}>)/.exec(rest);
      if (!opening) {
        const look = /^<?[=!]/.test(rest) ? "look-around can't be matched in linear time" : "an unknown kind of group";
        throw new PatternProblem(`${look}: (?${rest.slice(0, 2)}`);
      }
      this.#at += opening[0].length;
    }
    const node = this.#alternatives();
    if (!this.#take(")")) throw new PatternProblem("a `(` is not closed");
    return node;
  }

  #escaped(): Node {
    const char = this.#text[this.#at++];
    if (char === undefined) throw new PatternProblem("it ends with a backslash");
    if (char === "b") return { type: "assert", at: "word" };
    if (char === "B") return { type: "assert", at: "inside" };
    if (char === "A") return { type: "assert", at: "start" };
    if (char === "z") return { type: "assert", at: "end" };
    const set = classOf(char);
    return set ? { type: "set", set } : this.#literal(this.#code(char));
  }

  /** Code point of an escape that stands for one character. */
  #code(char: string): number {
    const control = CONTROLS[char];
    if (control !== undefined) return control;
    const hex =
      char === "x"
        ? /^([0-9A-Fa-f]{2})|^\{([0-9A-Fa-f]{1,6})\}/.exec(this.#text.slice(this.#at, this.#at + 8).join(""))
        : null;
    if (hex) {
      this.#at += hex[0].length;
      return Math.min(LAST, Number.parseInt(hex[1] ?? hex[2]!, 16));
    }
    if (/^[1-9k]$/.test(char)) throw new PatternProblem("back-references can't be matched in linear time");
    if (/^[A-Za-z0-9]$/.test(char)) throw new PatternProblem(`\\${char} means nothing here`);
    return char.codePointAt(0)!;
  }

  #class(): CharSet {
    const negated = this.#take("^");
    const ranges: (readonly [number, number])[] = [];
    for (let first = true; first || this.#text[this.#at] !== "]"; first = false) {
      if (this.#at >= this.#text.length) throw new PatternProblem("a `[` is not closed");
      ranges.push(...this.#member());
    }
    this.#at++;
    return { ranges: this.#folded(ranges), negated };
  }

  #member(): readonly (readonly [number, number])[] {
    const posix = /^\[:([a-z]+):\]/.exec(this.#text.slice(this.#at, this.#at + 12).join(""));
    const named = posix && POSIX[posix[1]!];
    if (posix && named) {
      this.#at += posix[0].length;
      return named;
    }
    const low = this.#one();
    if (typeof low !== "number") return low;
    if (this.#text[this.#at] !== "-" || this.#text[this.#at + 1] === "]" || this.#at + 1 >= this.#text.length)
      return [[low, low]];
    this.#at++;
    const high = this.#one();
    if (typeof high !== "number" || high < low) throw new PatternProblem("a range in [ ] is the wrong way round");
    return [[low, high]];
  }

  /** One character of a class, or the ranges of one that it takes in. */
  #one(): number | CharSet["ranges"] {
    const char = this.#text[this.#at++];
    if (char === undefined) throw new PatternProblem("a `[` is not closed");
    if (char !== "\\") return char.codePointAt(0)!;
    const escaped = this.#text[this.#at++];
    if (escaped === undefined) throw new PatternProblem("a `[` is not closed");
    if (escaped === "b") return 8;
    const set = classOf(escaped);
    return set ? (set.negated ? complement(set.ranges) : set.ranges) : this.#code(escaped);
  }

  #literal(code: number): Node {
    return { type: "set", set: { ranges: this.#folded([[code, code]]), negated: false } };
  }

  /** With the letters of the other case, for ASCII. */
  #folded(ranges: readonly (readonly [number, number])[]): CharSet["ranges"] {
    if (!this.#insensitive) return ranges;
    const folded = ranges.flatMap(([low, high]) => [
      ...shifted([low, high], [65, 90], 32),
      ...shifted([low, high], [97, 122], -32),
    ]);
    return [...ranges, ...folded];
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }
}

function classOf(char: string): CharSet | undefined {
  const ranges = CLASSES[char.toLowerCase()];
  return ranges && { ranges, negated: char !== char.toLowerCase() };
}

function shifted(range: readonly [number, number], within: readonly [number, number], by: number): [number, number][] {
  const low = Math.max(range[0], within[0]);
  const high = Math.min(range[1], within[1]);
  return low <= high ? [[low + by, high + by]] : [];
}

function complement(ranges: CharSet["ranges"]): CharSet["ranges"] {
  const found: [number, number][] = [];
  let from = 0;
  for (const [low, high] of ranges) {
    if (low > from) found.push([from, low - 1]);
    from = high + 1;
  }
  return [...found, [from, LAST]];
}
