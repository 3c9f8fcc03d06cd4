import { describe, expect, test } from "vitest";
import type { Part } from "../../../schemas/phases.ts";
import { SluiceError } from "../../../schemas/errors.ts";
import { HEALTHY, inPhase, OPERATOR, theatreOfFile, until } from "./open-stage.ts";
import type { Script } from "./stage.ts";

const open = theatreOfFile();

const part = (phase: Part["phase"], wave = 0, more: Partial<Part> = {}): Part => ({ phase, wave, ...more });
const nameOf = ({ phase, wave }: Part): string => `${phase} ${wave}`;

/** A plan of some parts that notes which are applied, on which report, and whether by way of abandoning. */
function played(waves: Part[], more: Script = {}): { script: Script; log: string[] } {
  const log: string[] = [];
  const script: Script = {
    plan: { waves },
    ...more,
    apply: async (input, context) => {
      const name = input.part ? nameOf(input.part) : "all";
      log.push(`${name}${input.abandon ? " abandon" : ""} on ${input.report ?? "nothing"}`);
      return {
        report: `report of ${name}`,
        inventory: `owned by ${name}`,
        whole: "Healthy",
        ...(await more.apply?.(input, context)),
      };
    },
  };
  return { script, log };
}

/** Parts that are not healthy when they are applied. */
const slowly =
  (...names: string[]): NonNullable<Script["apply"]> =>
  async ({ part: of }) =>
    of && names.includes(nameOf(of)) ? { health: "Progressing" } : {};

describe("a plan of several parts", () => {
  test("is applied part by part, each onto what the one before left, in one operation", async () => {
    const { script, log } = played([
      part("PreSync"),
      part("Sync", -1),
      part("Sync", 2),
      part("Prune"),
      part("PostSync"),
    ]);
    const stage = await open(script);
    await stage.request();
    await stage.idle();
    expect(log).toEqual([
      "PreSync 0 on nothing",
      "Sync -1 on report of PreSync 0",
      "Sync 2 on report of Sync -1",
      "Prune 0 on report of Sync 2",
      "PostSync 0 on report of Prune 0",
    ]);
    expect(stage.terminals()).toMatchObject([
      { type: "SyncSucceeded", data: { report: "report of PostSync 0", inventory: "owned by PostSync 0" } },
    ]);
    expect([stage.calls("prepare"), stage.calls("assess")]).toEqual([1, 0]);
  });

  test("fails as a hook does when a hook stays degraded over the grace, without its timeout, and begins nothing more", async () => {
    const { script, log } = played([part("PreSync"), part("Sync")], {
      apply: async ({ part: of }) => (of?.phase === "PreSync" ? { health: "Degraded" } : {}),
      assess: async () => ({
        health: "Degraded",
        unhealthy: [{ object: "example.dev/Backup/web/nightly", reason: "Degraded", message: "no space" }],
        failures: [],
      }),
    });
    const stage = await open(script);
    await stage.request();
    await stage.idle();
    expect(log).toEqual(["PreSync 0 on nothing", expect.stringMatching(/^Cleanup/)]);
    const message = expect.stringMatching(/^a hook failed: degraded for \d+ s: .*nightly: no space$/) as string;
    expect(stage.terminals()).toMatchObject([{ type: "SyncFailed", data: { code: "HookFailed", message } }]);
  });

  test("goes on when a signal says that the part is healthy, and not before", async () => {
    const { script, log } = played([part("PreSync"), part("Sync")], {
      apply: slowly("PreSync 0"),
      assess: async (input) => ({
        report: "assessed",
        whole: "Missing",
        ...(input.part?.phase === "PreSync" && { health: "Healthy" }),
      }),
    });
    const stage = await open(script);
    await stage.request();
    await inPhase(stage, "WaitingForHealth", "PreSync 0");
    expect(log).toHaveLength(1);
    await stage.operations.clusterChanged(stage.application, HEALTHY);
    await stage.idle();
    expect(log[1]).toBe("Sync 0 on assessed");
    expect(stage.calls("assess")).toBe(1);
    expect(stage.terminals()).toMatchObject([{ type: "SyncSucceeded" }]);
  });

  test("ends at a part that could not be applied; the later ones are not begun", async () => {
    const failures = [{ object: "/ConfigMap/web/a", reason: "Invalid" }];
    const { script, log } = played([part("Sync"), part("Sync", 1)], {
      apply: async ({ part: of }) => (of?.wave === 0 ? { failures } : {}),
    });
    const stage = await open(script);
    await stage.request();
    await stage.idle();
    expect(log).toHaveLength(1);
    expect(stage.terminals()).toMatchObject([{ type: "SyncFailed", data: { code: "ApplyFailed", failures } }]);
  });

  test("fails with a failed hook at once, and runs the hooks for that", async () => {
    const failures = [{ object: "batch/Job/web/migrate", reason: "HookFailed", message: "no such table" }];
    const { script, log } = played([part("PreSync"), part("Sync"), part("SyncFail")], {
      apply: slowly("PreSync 0"),
      assess: async () => ({ report: "assessed", health: "Degraded", failures, leftovers: true }),
    });
    const stage = await open(script);
    await stage.request();
    await inPhase(stage, "WaitingForHealth", "PreSync 0");
    await stage.operations.clusterChanged(stage.application, HEALTHY);
    await stage.idle();
    expect(log).toEqual(["PreSync 0 on nothing", "SyncFail 0 on assessed"]);
    expect(stage.terminals()).toMatchObject([
      {
        type: "SyncFailed",
        data: { code: "HookFailed", message: "a hook failed: batch/Job/web/migrate: no such table", failures },
      },
    ]);
    expect(stage.terminals()).toHaveLength(1);
  });

  test("whose hooks for a failure fail too says both", async () => {
    const failed = (object: string) => ({ failures: [{ object, reason: "HookFailed" }] });
    const { script } = played([part("Sync"), part("SyncFail")], {
      apply: async ({ part: of }) => failed(of?.phase === "Sync" ? "/ConfigMap/web/a" : "batch/Job/web/tell"),
    });
    const stage = await open(script);
    await stage.request();
    await stage.idle();
    const message = "not everything could be applied: /ConfigMap/web/a; then a hook failed: batch/Job/web/tell";
    expect(stage.terminals()).toMatchObject([{ type: "SyncFailed", data: { code: "ApplyFailed", message } }]);
  });

  test("deletes the objects of hooks that are over at the end", async () => {
    const { script, log } = played([part("Sync"), part("PostSync")], {
      apply: async ({ part: of }) => (of?.phase === "PostSync" ? { leftovers: true } : { leftovers: false }),
    });
    const stage = await open(script);
    await stage.request();
    await stage.idle();
    expect(log.at(-1)).toBe("Cleanup 0 on report of PostSync 0");
    expect(stage.terminals()).toMatchObject([{ type: "SyncSucceeded", data: { report: "report of Cleanup 0" } }]);
  });
});

describe("an operator or a newer commit", () => {
  test.each(["PreSync 0", "Sync 1"])("ends it while it waits for %s; hooks that run are deleted", async (waiting) => {
    const { script, log } = played([part("PreSync"), part("Sync", 1, { hooks: true }), part("PostSync")], {
      apply: slowly(waiting),
    });
    const stage = await open(script);
    await stage.request();
    await inPhase(stage, "WaitingForHealth", waiting);
    await stage.operations.terminate(stage.application, "*", OPERATOR);
    await stage.idle();
    expect(log.at(-1)).toBe(`Cleanup 0 abandon on report of ${waiting}`);
    expect(stage.terminals()).toMatchObject([
      { type: "SyncTerminated", data: { by: OPERATOR, inventory: `owned by ${waiting}` } },
    ]);
  });

  test("ends it also when the hooks that run can't be deleted", { timeout: 60_000 }, async () => {
    const { script } = played([part("PreSync"), part("Sync")], {
      apply: async ({ abandon }) => {
        if (abandon) throw new SluiceError("ClusterUnavailable", "away");
        return { health: "Progressing" };
      },
    });
    const stage = await open(script);
    await stage.request();
    await inPhase(stage, "WaitingForHealth");
    await stage.operations.terminate(stage.application, "*", OPERATOR);
    await stage.idle();
    expect(stage.terminals()).toMatchObject([{ type: "SyncTerminated" }]);
  });

  test("takes the place of one that waits for a hook, and runs its own", async () => {
    const { script, log } = played([part("PreSync"), part("Sync")], {
      apply: async ({ operation, part: of }) =>
        operation === "first" && of?.phase === "PreSync" ? { health: "Progressing" } : {},
    });
    const stage = await open(script);
    await stage.request({ operation: "first" });
    await inPhase(stage, "WaitingForHealth", "PreSync 0");
    await stage.request({ operation: "second" });
    await until(() => stage.terminals().length === 2);
    expect(stage.terminals()).toMatchObject([
      { type: "SyncSuperseded", data: { operation: "first", by: "second" } },
      { type: "SyncSucceeded", data: { operation: "second" } },
    ]);
    expect(log).toEqual([
      "PreSync 0 on nothing",
      "Cleanup 0 abandon on report of PreSync 0",
      "PreSync 0 on nothing",
      "Sync 0 on report of PreSync 0",
    ]);
  });

  test("has to be awaited no longer than the operation's limit", async () => {
    const { script } = played([part("PreSync"), part("Sync")], {
      apply: slowly("PreSync 0"),
      waits: { timeoutMs: 1_500 },
    });
    const stage = await open(script);
    await stage.request();
    await stage.idle();
    expect(stage.terminals()).toMatchObject([{ type: "SyncTimedOut", data: { report: "report of PreSync 0" } }]);
  });
});
