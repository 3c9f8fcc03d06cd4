import { describe, expect, test } from "vitest";
import type { ApplyInput } from "../../../activities/steps.ts";
import { inPhase, OPERATOR, theatreOfFile, until } from "./open-stage.ts";
import type { Script } from "./stage.ts";

const open = theatreOfFile();
const objects = [{ object: "/Namespace//web", reason: "NotDesired" }];

function guarded(more: Script = {}): { script: Script; inputs: ApplyInput[] } {
  const inputs: ApplyInput[] = [];
  const script: Script = {
    plan: {
      waves: [
        { phase: "Sync", wave: 0 },
        { phase: "Prune", wave: 0, confirm: true },
      ],
      confirm: { objects, count: 1 },
    },
    ...more,
    apply: async (input) => {
      inputs.push(input);
      return {};
    },
  };
  return { script, inputs };
}

describe("a guarded prune", () => {
  test("waits for an operator's yes, which is recorded with who said it", async () => {
    const { script, inputs } = guarded();
    const stage = await open(script);
    const { operation } = await stage.request();
    await inPhase(stage, "WaitingForConfirmation");
    expect(inputs.map(({ part }) => part?.phase)).toEqual(["Sync"]);
    expect(await stage.operations.confirm(stage.application, "another", OPERATOR)).toBe(true);
    expect(await stage.operations.confirm(stage.application, operation, OPERATOR)).toBe(true);
    await stage.idle();
    expect(inputs.map(({ part, confirmed }) => [part?.phase, confirmed])).toEqual([
      ["Sync", undefined],
      ["Prune", true],
    ]);
    expect(stage.events().map(({ type }) => type)).toEqual([
      "ApplicationCreated",
      "OperationStarted",
      "PruneConfirmationRequested",
      "PruneConfirmed",
      "SyncSucceeded",
    ]);
    expect(stage.events()[2]?.data).toEqual({ operation, objects, count: 1 });
    expect(stage.events()[3]?.data).toEqual({ operation, by: OPERATOR });
    expect(await stage.operations.confirm(stage.application, operation, OPERATOR)).toBe(false);
  });

  test("waits longer than the operation's limit, which goes on when it does", async () => {
    const { script } = guarded({ waits: { timeoutMs: 1_000 } });
    const stage = await open(script);
    await stage.request();
    await inPhase(stage, "WaitingForConfirmation");
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(stage.terminals()).toEqual([]);
    await stage.operations.confirm(stage.application, "*", OPERATOR);
    await stage.idle();
    expect(stage.terminals()).toMatchObject([{ type: "SyncSucceeded" }]);
  });

  test("is given up when an operator ends it, and when a newer request comes", async () => {
    const { script, inputs } = guarded();
    const stage = await open(script);
    await stage.request();
    await inPhase(stage, "WaitingForConfirmation");
    await stage.operations.terminate(stage.application, "*", OPERATOR);
    await stage.idle();
    await stage.request({ operation: "second" });
    await inPhase(stage, "WaitingForConfirmation");
    await stage.request({ operation: "third" });
    await until(() => stage.terminals().length === 2);
    expect(stage.terminals()).toMatchObject([
      { type: "SyncTerminated", data: { by: OPERATOR } },
      { type: "SyncSuperseded", data: { by: "third" } },
    ]);
    expect(inputs.filter(({ part }) => part?.phase === "Prune")).toEqual([]);
    await inPhase(stage, "WaitingForConfirmation");
    await stage.operations.terminate(stage.application, "*", OPERATOR);
    await stage.idle();
  });

  test("that was said yes to beforehand does not wait", async () => {
    const { script, inputs } = guarded();
    const { waves } = script.plan!;
    const stage = await open({ ...script, plan: { waves: waves! } });
    await stage.request({ options: { confirm: true } });
    await stage.idle();
    expect(inputs[1]).toMatchObject({ confirmed: true });
    expect(stage.calls("note")).toBe(0);
  });
});
