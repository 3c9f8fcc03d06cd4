import { describe, expect, test } from "vitest";
import type { Prepared } from "../../../activities/steps.ts";
import type { OperationRequest } from "../../../schemas/operation.ts";
import { inPhase, OPERATOR, theatreOfFile, until } from "./open-stage.ts";
import type { Script } from "./stage.ts";

const open = theatreOfFile();
const WAITS = { timeoutMs: 60_000, degradedGraceMs: 1_000, recheckMs: 1_000, longestRecheckMs: 60_000 };

/** Whole syncs are held until they are let go; everything else is not. */
function gate(hold: () => string | undefined = () => undefined) {
  const looks: string[] = [];
  let isOpen = false;
  const prepare = async (request: OperationRequest): Promise<Prepared | void> => {
    looks.push(request.operation);
    if (isOpen || request.options || request.kind === "refresh") return;
    const at = hold();
    const why = { reason: "SyncWindowClosed", message: "night", ...(at !== undefined && { until: at }) } as const;
    return { status: "held", hold: why, waits: WAITS };
  };
  const script: Script = { prepare };
  return { script, looks, open: () => void (isOpen = true) };
}

describe("a held operation", () => {
  test("goes on at a word, and only looks again at one that comes too early", async () => {
    const { script, looks, open: letGo } = gate();
    const stage = await open(script);
    const { operation } = await stage.request();
    await inPhase(stage, "Held");
    await stage.operations.released(stage.application);
    await until(() => looks.length === 2);
    await inPhase(stage, "Held");
    expect(stage.events().map(({ type }) => type)).toEqual(["ApplicationCreated"]);
    letGo();
    await stage.operations.released(stage.application);
    await stage.idle();
    expect(stage.terminals()).toMatchObject([{ type: "SyncSucceeded", data: { operation } }]);
  });

  test("goes on by itself when its time comes", async () => {
    const {
      script,
      looks,
      open: letGo,
    } = gate(() => {
      letGo();
      return new Date(Date.now() + 300).toISOString();
    });
    const stage = await open(script);
    await stage.request();
    await stage.idle();
    expect(looks.length).toBe(2);
    expect(stage.terminals()).toMatchObject([{ type: "SyncSucceeded" }]);
  });

  test("makes way for a comparison and a sync of selected objects, and goes on after them", async () => {
    const { script, looks, open: letGo } = gate();
    const stage = await open(script);
    const whole = await stage.request();
    await inPhase(stage, "Held");
    const some = await stage.request({ options: { resources: [{ kind: "ConfigMap" }] } });
    await until(() => stage.terminals().length === 1);
    expect(stage.terminals()).toMatchObject([{ type: "SyncSucceeded", data: { operation: some.operation } }]);
    await until(() => looks.filter((operation) => operation === whole.operation).length === 2);
    await inPhase(stage, "Held");
    const compared = await stage.request({ kind: "refresh" });
    await until(() => looks.includes(compared.operation));
    await until(() => looks.filter((operation) => operation === whole.operation).length === 3);
    letGo();
    await stage.operations.released(stage.application);
    await stage.idle();
    expect(stage.terminals().at(-1)).toMatchObject({ type: "SyncSucceeded", data: { operation: whole.operation } });
  });

  test("loses nothing that is asked for while it makes way", async () => {
    const { script, open: letGo } = gate();
    const looks: string[] = [];
    const stage = await open({
      prepare: async (request, ...more) => {
        looks.push(request.operation);
        return request.kind === "refresh" || request.options
          ? { status: "ended" }
          : await script.prepare!(request, ...more);
      },
    });
    const whole = await stage.request();
    await inPhase(stage, "Held");
    const answered = (operation: string): boolean =>
      looks.includes(operation) || stage.terminals().some(({ data }) => data.operation === operation);
    for (let round = 0; round < 10; round += 1) {
      const { operation } = await stage.request(round % 2 ? { kind: "refresh" } : { options: { dryRun: true } });
      await until(() => answered(operation));
    }
    letGo();
    await stage.operations.released(stage.application);
    await stage.idle();
    expect(stage.terminals().at(-1)).toMatchObject({ type: "SyncSucceeded", data: { operation: whole.operation } });
  });

  test("is superseded by a newer push, and ended by an operator", async () => {
    const { script } = gate();
    const stage = await open(script);
    const first = await stage.request();
    await inPhase(stage, "Held");
    const second = await stage.request();
    await until(() => stage.terminals().length === 1);
    expect(stage.terminals()[0]).toMatchObject({ type: "SyncSuperseded", data: { by: second.operation } });
    expect(stage.terminals()[0]!.data.operation).toBe(first.operation);
    await inPhase(stage, "Held");
    await stage.operations.terminate(stage.application, "*", OPERATOR);
    await stage.idle();
    expect(stage.terminals()[1]).toMatchObject({ type: "SyncTerminated", data: { operation: second.operation } });
  });
});
