import { describe, expect, test } from "vitest";
import { type AskedSync, leftAlone } from "../../activities/left-alone.ts";
import type { OperationOptions } from "../../schemas/operation.ts";
import { begin, deploy, fail, goBack, type Played, played } from "../domain/rollback/played.ts";

const trigger = { type: "poll", actor: { kind: "user", name: "ada" }, cause: "intake/1" } as const;
const asked = (app: Played, options?: OperationOptions, operation = "op-1"): AskedSync => {
  const state = app.state();
  const request = { operation, kind: "sync", trigger, requestedAt: "2026-01-01T00:00:00Z" } as const;
  return {
    application: "web",
    request: { ...request, ...(options && { options }) },
    state,
    spec: state.configuration!.spec,
  };
};
const hold = { reason: "SyncWindowClosed", message: "the window is closed" } as const;

describe("a sync of only what is new", () => {
  const app = played();
  deploy(app, "a");
  const onlyNew = asked(app, { onlyNew: true });

  test("goes on with what was not applied yet, and only compares what was", () => {
    expect(leftAlone(onlyNew, "source-b", undefined)).toBeUndefined();
    expect(leftAlone(onlyNew, "source-a", undefined)).toEqual({});
  });

  test("that is held only compares, and says why", () => {
    expect(leftAlone(onlyNew, "source-b", hold)).toEqual({ why: "the window is closed" });
  });

  test("that is not automated any more only compares", () => {
    const { syncPolicy, ...spec } = onlyNew.spec;
    const byHand = { ...spec, syncPolicy: { ...syncPolicy, automated: undefined } } as AskedSync["spec"];
    expect(leftAlone({ ...onlyNew, spec: byHand }, "source-b", undefined)).toEqual({});
  });

  test("leaves what failed as it is, as what was applied last", () => {
    const failing = played();
    deploy(failing, "a");
    failing.run(begin("b"));
    failing.run(fail("b"));
    expect(leftAlone(asked(failing, { onlyNew: true }), "source-b", undefined)).toEqual({});
  });

  test("that has begun goes on, for another attempt", () => {
    const begun = played();
    deploy(begun, "a");
    begun.run(begin("b"));
    expect(leftAlone(asked(begun, { onlyNew: true }, "sync-b"), "source-b", undefined)).toBeUndefined();
  });
});

test("what a rollback left is not synced, and any other sync is", () => {
  const app = played();
  for (const letter of ["a", "b"]) deploy(app, letter);
  goBack(app, "a");
  expect(leftAlone(asked(app), "source-b", undefined)?.why).toContain("sluice app release web");
  expect(leftAlone(asked(app), "source-a", undefined)).toBeUndefined();
});
