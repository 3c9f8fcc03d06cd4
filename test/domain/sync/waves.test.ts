import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isInPart, partsOf, stepsOfPart } from "../../../domain/sync/waves.ts";
import type { HookStep, PlanStep } from "../../../schemas/artifact.ts";
import type { HookPhase, Part } from "../../../schemas/phases.ts";

const step = (name: string, more: Partial<PlanStep> = {}): PlanStep => ({
  key: { group: "", kind: "ConfigMap", namespace: "web", name },
  apiVersion: "v1",
  action: "create",
  reason: "NotLive",
  ...more,
});
const hook = (phase: HookPhase, wave = 0): HookStep => ({
  key: { group: "batch", kind: "Job", namespace: "web", name: `${phase}-${wave}` },
  apiVersion: "batch/v1",
  phase,
  wave,
  deletePolicies: ["BeforeHookCreation"],
  object: "",
  run: `op/1/${phase}`,
});
const said = (parts: Part[] | undefined): string[] | undefined =>
  parts?.map(({ phase, wave, confirm, hooks }) =>
    [phase, wave, confirm && "confirm", hooks && "hooks"].filter((word) => word !== undefined).join(" "),
  );
const parts = (
  steps: PlanStep[],
  more: { hooks?: HookStep[]; pruneLast?: boolean } = {},
  kind: "sync" | "delete" = "sync",
) => said(partsOf({ steps, ...more }, kind));

describe("the parts of a plan", () => {
  test("a plan of one wave without hooks is none: it is applied and waited for as a whole", () => {
    expect(parts([])).toBeUndefined();
    expect(parts([step("a"), step("b"), step("c", { action: "prune" })])).toBeUndefined();
    expect(parts([step("a", { wave: 3 }), step("b", { wave: 3 })])).toBeUndefined();
  });

  test("waves come in order, negative ones first, prunes from the highest down after them", () => {
    const steps = [
      step("a", { wave: 2 }),
      step("b"),
      step("c", { wave: -1 }),
      step("d", { action: "prune", wave: -1 }),
      step("e", { action: "prune", wave: 4 }),
    ];
    expect(parts(steps)).toEqual(["Sync -1", "Sync 0", "Sync 2", "Prune 4", "Prune -1"]);
  });

  test("a wave in which everything is as it shall be is passed over; one that is not healthy yet is waited for", () => {
    const done = { action: "unchanged", health: "Healthy" } as const;
    expect(parts([step("a", done), step("b", { wave: 1 })])).toBeUndefined();
    const ill = { action: "unchanged", health: "Progressing" } as const;
    expect(parts([step("a", ill), step("b", { wave: 1 })])).toEqual(["Sync 0", "Sync 1"]);
    expect(parts([step("a", { ...ill, ignoreHealth: true }), step("b", { wave: 1 })])).toBeUndefined();
  });

  test("hooks run before, with and after; those for a failure are last", () => {
    const hooks = [hook("PreSync", 1), hook("PreSync", -1), hook("Sync", 5), hook("PostSync"), hook("SyncFail")];
    expect(parts([step("a")], { hooks })).toEqual([
      "PreSync -1",
      "PreSync 1",
      "Sync 0",
      "Sync 5 hooks",
      "PostSync 0",
      "SyncFail 0",
    ]);
  });

  test("with hooks for a failure only, the rest is still one part", () => {
    expect(parts([], { hooks: [hook("SyncFail")] })).toEqual(["Sync 0", "SyncFail 0"]);
  });

  test("prunes that come last or wait for a yes are parts of their own", () => {
    expect(parts([step("a"), step("b", { action: "prune" })], { pruneLast: true })).toEqual(["Sync 0", "Prune 0"]);
    expect(parts([step("a"), step("b", { action: "prune", pruneLast: true })])).toEqual(["Sync 0", "Prune 0"]);
    const guarded = step("b", { action: "prune", confirm: true });
    expect(parts([step("a"), guarded])).toEqual(["Sync 0", "Prune 0 confirm"]);
    expect(parts([step("a")], { pruneLast: true })).toBeUndefined();
  });

  test("a deletion waits for its yes before anything else", () => {
    const hooks = [hook("PreDelete"), hook("PostDelete")];
    const steps = [step("a", { action: "prune" }), step("b", { action: "prune", wave: 1, confirm: true })];
    expect(parts(steps, { hooks }, "delete")).toEqual(["PreDelete 0 confirm", "Prune 1", "Prune 0", "PostDelete 0"]);
    expect(parts(steps, {}, "delete")).toEqual(["Prune 1 confirm", "Prune 0"]);
    expect(parts([step("a", { action: "prune" })], {}, "delete")).toBeUndefined();
  });

  test("hold every step that writes and every hook exactly once", () => {
    const steps = fc.array(
      fc.record({
        action: fc.constantFrom("create", "update", "recreate", "prune", "unchanged", "refuse") as fc.Arbitrary<
          PlanStep["action"]
        >,
        wave: fc.integer({ min: -2, max: 2 }),
      }),
    );
    const hooks = fc.array(
      fc.record({
        phase: fc.constantFrom<HookPhase>("PreSync", "Sync", "PostSync", "SyncFail"),
        wave: fc.integer({ min: -2, max: 2 }),
      }),
    );
    fc.assert(
      fc.property(steps, hooks, (drawn, run) => {
        const plan = {
          steps: drawn.map(({ action, wave }, index) => step(String(index), { action, wave, health: "Healthy" })),
          hooks: run.map(({ phase, wave }) => hook(phase, wave)),
        };
        const found = partsOf(plan, "sync") ?? [undefined];
        const covered = found.flatMap((part) => stepsOfPart(plan, part).steps);
        const writes = plan.steps.filter(({ action }) => !["unchanged", "refuse"].includes(action));
        for (const one of writes) expect(covered.filter((other) => other === one)).toHaveLength(1);
        const ran = found.flatMap((part) => stepsOfPart(plan, part).hooks);
        for (const one of plan.hooks) expect(ran.filter((other) => other === one)).toHaveLength(1);
        // An outcome is waited for in the part that its step belongs to.
        for (const part of found.filter((each) => each !== undefined)) {
          for (const { action, wave = 0 } of stepsOfPart(plan, part).steps) {
            if (action !== "refuse") expect(isInPart({ action, wave }, part)).toBe(true);
          }
        }
      }),
    );
  });
});
