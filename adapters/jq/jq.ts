import { SluiceError } from "../../schemas/errors.ts";
import { createRecent } from "../cache/recent.ts";
import { complaintOf } from "./complaint.ts";
import type { JqAnswer } from "./jq-worker.ts";
import { createLane } from "./lane.ts";
import { createPutOff } from "./put-off.ts";

/** jq, in threads of its own, so that no expression stops the process. */
export interface Jq {
  /**
   * The paths that an expression names in a value, as jq's `path()` gives them; none where it does not fit the value. Throws
   * `RenderLimit` when it takes longer than the limit, `InvalidInput` when it is not jq.
   */
  paths(expression: string, value: unknown): Promise<unknown[][]>;
  /** What is wrong with a path expression, in words without any value; undefined when nothing is. */
  problem(expression: string): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Argo CD's default for one expression on one object, here of processor time. */
const LIMIT_MS = 1_000;
/** An endless expression is not tried again for so long, the first time. */
const PUT_OFF_MS = 60_000;
/** Most expressions take 2 ms. */
const QUICK_MS = 50;
/** Expressions of which it is remembered how they did. */
const MOST_KNOWN = 10_000;

/** On lines of its own: a comment at its end must not swallow what follows. */
const alone = (expression: string): string => `\n${expression}\n`;

/**
 * Evaluates expressions, those that were quick the last time in one thread, new and slow ones in another: whoever writes an endless
 * one delays only his like.
 */
export function createJq({ limitMs = LIMIT_MS }: { limitMs?: number } = {}): Jq {
  const quick = createLane(limitMs);
  const others = createLane(limitMs);
  const wasQuick = createRecent<boolean>(MOST_KNOWN);
  const late = createPutOff(MOST_KNOWN, PUT_OFF_MS);

  async function evaluate(expression: string, value: unknown): Promise<JqAnswer | "late"> {
    const lane = wasQuick.get(expression) === true ? quick : others;
    const program = `try [path(${alone(expression)})] catch []`;
    // What waited for its turn while it went too far on another object is not run either.
    const putOff = () => late.has(expression);
    const { answer, milliseconds } = await lane.run(program, value, putOff);
    wasQuick.set(expression, answer !== "late" && milliseconds < QUICK_MS);
    if (answer === "late" && !putOff()) late.add(expression);
    return answer;
  }

  return {
    async paths(expression, value) {
      const answer = late.has(expression) ? "late" : await evaluate(expression, value);
      if (answer === "late") throw tooSlow(expression, limitMs);
      if ("output" in answer) return pathsIn(answer.output);
      throw new SluiceError("InvalidInput", `The jq expression ${quoted(expression)} is not valid`, {
        next: "correct it in ignoreDifferences",
      });
    },
    async problem(expression) {
      const endless = `it did not end within ${limitMs / 1_000} s`;
      const compiled = `if . then path(${alone(expression)}), [${alone(expression)}] else empty end`;
      const { answer: checked } = await others.run(compiled, null);
      if (checked === "late") return endless;
      if ("error" in checked) return complaintOf(checked.error, expression);
      // Only a run shows that it names no place but makes a value, such as `.spec.replicas == 3`.
      const { answer: tried } = await others.run(
        `try (path(${alone(expression)}) | empty) catch (tostring | .[:23])`,
        {},
      );
      if (tried === "late") return endless;
      return "output" in tried && tried.output.includes('"Invalid path expression"')
        ? "it names no field: a path is expected, such as .spec.replicas"
        : undefined;
    },
    async close() {
      await Promise.all([quick.close(), others.close()]);
    },
  };
}

const tooSlow = (expression: string, limitMs: number): SluiceError =>
  new SluiceError("RenderLimit", `The jq expression ${quoted(expression)} took longer than ${limitMs / 1_000} s`, {
    next: "simplify it, or name the fields by jsonPointers",
  });

const quoted = (expression: string): string => JSON.stringify(expression.slice(0, 200));

/** `halt` prints nothing, and `halt_error` what it likes. */
function pathsIn(output: string): unknown[][] {
  try {
    const paths: unknown = JSON.parse(output);
    return Array.isArray(paths) ? paths.filter((path) => Array.isArray(path)) : [];
  } catch {
    return [];
  }
}
