import { SluiceError } from "../../schemas/errors.ts";
import { compilePattern, type Instruction } from "./program.ts";
import { type CharSet, parsePattern, PatternProblem } from "./syntax.ts";

/** How much work matching may be, over all that one look does; it is counted down. */
export interface Effort {
  steps: number;
}

/** Steps that a look at a source may take for its expressions: about a second. */
export const newEffort = (): Effort => ({ steps: 30_000_000 });

/** A regular expression that is matched in time linear in the text, whatever it is. */
export interface Pattern {
  /** Whether it matches somewhere in the text. Throws InvalidInput when the effort is used up. */
  test(text: string, effort: Effort): boolean;
  /** All it matches, from left to right, not overlapping, none of them empty; at most so many. */
  all(text: string, effort: Effort, most: number): string[];
}

/** What keeps a text from being an expression that is matched in linear time: one sentence, or undefined. */
export function patternProblem(text: string): string | undefined {
  try {
    compilePattern(parsePattern(text));
    return undefined;
  } catch (thrown) {
    if (thrown instanceof PatternProblem) return thrown.message;
    throw thrown;
  }
}

/** The expression of a text. Throws InvalidInput when it is none. */
export function createPattern(text: string): Pattern {
  let program: Instruction[];
  try {
    program = compilePattern(parsePattern(text));
  } catch (thrown) {
    if (!(thrown instanceof PatternProblem)) throw thrown;
    throw new SluiceError(
      "InvalidInput",
      `The regular expression ${JSON.stringify(text)} is not valid: ${thrown.message}`,
      {
        next: "write it in RE2's syntax, without look-around and back-references",
      },
    );
  }
  return {
    test: (subject, effort) => find(program, Array.from(subject, codeOf), { from: 0, effort, any: true }) !== undefined,
    all(subject, effort, most) {
      const codes = Array.from(subject, codeOf);
      const found: string[] = [];
      for (let from = 0; from <= codes.length && found.length < most;) {
        const match = find(program, codes, { from, effort, any: false });
        if (!match) break;
        if (match.end > match.start) found.push(String.fromCodePoint(...codes.slice(match.start, match.end)));
        from = Math.max(match.end, match.start + 1);
      }
      return found;
    },
  };
}

const codeOf = (char: string): number => char.codePointAt(0)!;

interface Thread {
  at: number;
  start: number;
}

interface Search {
  from: number;
  effort: Effort;
  /** Any match will do, not the first and preferred one. */
  any: boolean;
}

/** The leftmost match, of those that begin there the preferred one: a Pike machine, all threads in step. */
function find(
  program: readonly Instruction[],
  codes: readonly number[],
  search: Search,
): { start: number; end: number } | undefined {
  let threads: Thread[] = [];
  let found: { start: number; end: number } | undefined;
  const marks = new Int32Array(program.length).fill(-1);
  for (let place = search.from; place <= codes.length; place++) {
    const reached: Thread[] = [];
    for (const thread of threads) follow(thread, reached, { program, codes, place, marks, effort: search.effort });
    if (!found) follow({ at: 0, start: place }, reached, { program, codes, place, marks, effort: search.effort });
    threads = [];
    for (const thread of reached) {
      const instruction = program[thread.at]!;
      if (instruction.op === "match") {
        found = { start: thread.start, end: place };
        // What comes behind is less preferred.
        break;
      }
      if (instruction.op === "take" && place < codes.length && within(instruction.set, codes[place]!)) {
        threads.push({ at: thread.at + 1, start: thread.start });
      }
    }
    if (found && (search.any || threads.length === 0)) return found;
  }
  return found;
}

interface Place {
  program: readonly Instruction[];
  codes: readonly number[];
  place: number;
  /** Place at which each instruction was reached last: once is enough. */
  marks: Int32Array;
  effort: Effort;
}

/** The instructions that take a character or match, reached without one, in the order of preference. */
function follow(from: Thread, reached: Thread[], { program, codes, place, marks, effort }: Place): void {
  const open = [from.at];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (marks[at] === place) continue;
    marks[at] = place;
    if (--effort.steps < 0) {
      throw new SluiceError("InvalidInput", "Matching the regular expressions takes too long.", {
        next: "make the expressions simpler, or what they are matched against shorter",
      });
    }
    const instruction = program[at]!;
    if (instruction.op === "jump") open.push(instruction.to);
    else if (instruction.op === "split") open.push(instruction.second, instruction.first);
    else if (instruction.op !== "assert") reached.push({ at, start: from.start });
    else if (holds(instruction.at, codes, place)) open.push(at + 1);
  }
}

function holds(what: "start" | "end" | "word" | "inside", codes: readonly number[], place: number): boolean {
  if (what === "start") return place === 0;
  if (what === "end") return place === codes.length;
  const edge = isWord(codes[place - 1]) !== isWord(codes[place]);
  return what === "word" ? edge : !edge;
}

const isWord = (code: number | undefined): boolean => code !== undefined && /^\w$/.test(String.fromCodePoint(code));

function within({ ranges, negated }: CharSet, code: number): boolean {
  return ranges.some(([low, high]) => code >= low && code <= high) !== negated;
}
