import { createCheckThread, ThreadEnded } from "./check-thread.ts";
import type { GateAnswer } from "./gate-cel.ts";
import { SANDBOX_LIMITS } from "./sandbox.ts";

/** Evaluates the CEL expressions of gates in a thread of their own: one that loops is ended, and holds up no health check. */
export interface GateSandbox {
  /** Never rejects: what can't be evaluated says why. `variables` is JSON. */
  evaluate(expression: string, variables: string): Promise<GateAnswer>;
  /** What is wrong with an expression; undefined when nothing is. */
  look(expression: string): Promise<string | undefined>;
  close(): Promise<void>;
}

/** A sandbox whose thread starts with the first expression. */
export function createGateSandbox({ milliseconds, heapMegabytes } = SANDBOX_LIMITS): GateSandbox {
  const thread = createCheckThread({ milliseconds, heapMegabytes });
  const failed = (thrown: unknown): string =>
    thrown instanceof ThreadEnded || thrown instanceof Error ? thrown.message : "it could not be run";
  return {
    async evaluate(expression, variables) {
      try {
        const given = await thread.inTurn((ask) => ask({ task: "gate", expression, variables }));
        return "gate" in given ? given.gate : { problem: "it was not answered" };
      } catch (thrown) {
        return { problem: failed(thrown) };
      }
    },
    async look(expression) {
      try {
        const given = await thread.inTurn((ask) => ask({ task: "gate", expression }));
        return "problem" in given ? given.problem : undefined;
      } catch (thrown) {
        return failed(thrown);
      }
    },
    close: () => thread.close(),
  };
}
