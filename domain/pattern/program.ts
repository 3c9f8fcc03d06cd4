import { type CharSet, type Node, PatternProblem } from "./syntax.ts";

/** One instruction of a Pike machine; targets are indices. Of two ways the first is preferred. */
export type Instruction =
  | { op: "take"; set: CharSet }
  | { op: "assert"; at: "start" | "end" | "word" | "inside" }
  | { op: "split"; first: number; second: number }
  | { op: "jump"; to: number }
  | { op: "match" };

/** Largest program: what one character costs at most. */
const MOST_INSTRUCTIONS = 5_000;

/** The program of a parsed expression. Throws PatternProblem when it becomes too large. */
export function compilePattern(node: Node): Instruction[] {
  const program: Instruction[] = [];
  emit(program, node);
  add(program, { op: "match" });
  return program;
}

function add(program: Instruction[], instruction: Instruction): number {
  if (program.length >= MOST_INSTRUCTIONS) throw new PatternProblem("it is too large: its repetitions multiply");
  return program.push(instruction) - 1;
}

function emit(program: Instruction[], node: Node): void {
  switch (node.type) {
    case "empty":
      return;
    case "set":
      add(program, { op: "take", set: node.set });
      return;
    case "assert":
      add(program, { op: "assert", at: node.at });
      return;
    case "all":
      for (const each of node.nodes) emit(program, each);
      return;
    case "any":
      return emitAny(program, node.nodes);
    case "repeat":
      return emitRepeat(program, node);
  }
}

function emitAny(program: Instruction[], nodes: readonly Node[]): void {
  const jumps: number[] = [];
  for (const [index, node] of nodes.entries()) {
    if (index === nodes.length - 1) {
      emit(program, node);
      break;
    }
    const split = add(program, { op: "split", first: program.length + 1, second: 0 });
    emit(program, node);
    jumps.push(add(program, { op: "jump", to: 0 }));
    program[split] = { op: "split", first: split + 1, second: program.length };
  }
  for (const jump of jumps) program[jump] = { op: "jump", to: program.length };
}

function emitRepeat(program: Instruction[], { node, least, most, greedy }: Extract<Node, { type: "repeat" }>): void {
  for (let count = 0; count < least; count++) emit(program, node);
  const branch = (into: number, past: number): Instruction =>
    greedy ? { op: "split", first: into, second: past } : { op: "split", first: past, second: into };
  if (most === Infinity) {
    const loop = add(program, { op: "jump", to: 0 });
    emit(program, node);
    add(program, { op: "jump", to: loop });
    program[loop] = branch(loop + 1, program.length);
    return;
  }
  const splits: number[] = [];
  for (let count = least; count < most; count++) {
    splits.push(add(program, { op: "jump", to: 0 }));
    emit(program, node);
  }
  for (const split of splits) program[split] = branch(split + 1, program.length);
}
