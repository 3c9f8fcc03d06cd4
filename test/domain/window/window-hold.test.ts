import { describe, expect, test } from "vitest";
import { checkWindows } from "../../../domain/window/check.ts";
import { closedFor } from "../../../domain/window/passage.ts";
import { windowVerdict } from "../../../domain/window/window-hold.ts";
import { ProjectSpec, type SyncWindow } from "../../../schemas/kinds/project.ts";
import type { OperationRequest } from "../../../schemas/operation.ts";

type WindowInput = Partial<SyncWindow> & Pick<SyncWindow, "kind" | "schedule">;

const project = (...windows: WindowInput[]) => ({
  name: "shop",
  spec: ProjectSpec.parse({
    roles: [{ name: "sre", members: ["ada"] }],
    syncWindows: windows.map((window) => ({ duration: "8h", applications: ["*"], ...window })),
  }),
});
const NIGHT: WindowInput = { kind: "deny", schedule: "0 22 * * *" };
const OFFICE: WindowInput = { kind: "allow", schedule: "0 9 * * 1-5" };
const subject = { application: "web", namespace: "web", cluster: { name: "prod", server: "https://prod" } };
const asked = (more: Partial<OperationRequest> = {}, type: OperationRequest["trigger"]["type"] = "push") => ({
  kind: "sync" as const,
  trigger: { type, actor: { kind: "user" as const, name: "ada" }, cause: "c" },
  ...more,
});
const manual = (more: Partial<OperationRequest> = {}) => asked(more, "manual");
// A Monday.
const NOON = Date.parse("2026-05-04T12:00:00Z");
const MIDNIGHT = Date.parse("2026-05-05T00:00:00Z");
const until = (windows: WindowInput[], at: number) => {
  const closed = closedFor(project(...windows).spec.syncWindows!, subject, at);
  return closed?.until === undefined ? closed?.until : new Date(closed.until).toISOString();
};

describe("windows together", () => {
  test("none is in the way of nobody", () => expect(closedFor([], subject, NOON)).toBeUndefined());

  test("a deny window closes while it is open", () => {
    expect(until([NIGHT], NOON)).toBeUndefined();
    expect(until([NIGHT], MIDNIGHT)).toBe("2026-05-05T06:00:00.000Z");
  });

  test("any allow window closes the rest of the time", () => {
    expect(until([OFFICE], NOON)).toBeUndefined();
    expect(until([OFFICE], MIDNIGHT)).toBe("2026-05-05T09:00:00.000Z");
    // Over the weekend.
    expect(until([OFFICE], Date.parse("2026-05-08T20:00:00Z"))).toBe("2026-05-11T09:00:00.000Z");
  });

  test("deny beats allow, and the way is free only when both let through", () => {
    const morning: WindowInput = { kind: "deny", schedule: "0 8 * * *", duration: "2h" };
    expect(until([OFFICE, morning], Date.parse("2026-05-04T09:30:00Z"))).toBe("2026-05-04T10:00:00.000Z");
    expect(until([OFFICE, morning], MIDNIGHT)).toBe("2026-05-05T10:00:00.000Z");
  });

  test("what is about other applications changes nothing", () => {
    expect(until([{ ...NIGHT, applications: ["api"] }], MIDNIGHT)).toBeUndefined();
    expect(until([{ ...OFFICE, applications: ["api"] }], MIDNIGHT)).toBeUndefined();
  });

  test("what never ends is told fast, and has no end", () => {
    const years = Array.from({ length: 20 }, () => ({ kind: "deny" as const, schedule: "@yearly", duration: "8784h" }));
    const minutes = Array.from({ length: 5 }, () => ({ kind: "deny" as const, schedule: "* * * * *", duration: "1m" }));
    for (const windows of [years, minutes]) {
      const before = performance.now();
      expect(closedFor(project(...windows).spec.syncWindows!, subject, NOON)?.until).toBeUndefined();
      expect(performance.now() - before).toBeLessThan(5_000);
    }
  });

  test("two that never leave a gap have an end that is only looked at again", () => {
    const half = (schedule: string): WindowInput => ({ kind: "deny", schedule, duration: "12h" });
    const closed = closedFor(project(half("0 0 * * *"), half("0 12 * * *")).spec.syncWindows!, subject, NOON);
    expect(closed?.until).toBeGreaterThan(NOON);
  });
});

describe("an operation and a closed window", () => {
  const verdict = (request: ReturnType<typeof asked>, ...windows: WindowInput[]) =>
    windowVerdict(project(...windows), subject, request, MIDNIGHT);

  test("is held until the window lets it through, and says what holds it", () => {
    const held = verdict(asked(), { ...NIGHT, description: "nightly freeze" });
    expect(held).toEqual({
      verdict: "held",
      hold: {
        reason: "SyncWindowClosed",
        message:
          'the sync window "deny 0 22 * * * for 8h (UTC): nightly freeze" of project shop denies it; it goes on at 2026-05-05T06:00:00.000Z, or when the windows are changed',
        until: "2026-05-05T06:00:00.000Z",
      },
    });
  });

  test.each([
    ["a sync by hand", manual()],
    ["a remediation", asked({}, "drift")],
    ["a rollback by hand", manual({ kind: "rollback" })],
  ])("%s is held", (_, request) => expect(verdict(request, NIGHT).verdict).toBe("held"));

  test.each([
    ["a refresh", manual({ kind: "refresh" })],
    ["a delete", manual({ kind: "delete" })],
    ["a dry run", manual({ options: { dryRun: true } })],
    ["an automatic rollback", asked({ kind: "rollback" }, "rollback")],
  ])("%s is not", (_, request) => expect(verdict(request, NIGHT)).toEqual({ verdict: "open" }));

  test("manualSync lets what is asked for by hand through, and nothing else", () => {
    const lenient = { ...NIGHT, manualSync: true };
    expect(verdict(manual(), lenient).verdict).toBe("open");
    expect(verdict(manual({ kind: "rollback" }), lenient).verdict).toBe("open");
    expect(verdict(asked(), lenient).verdict).toBe("held");
    // Every window in the way has to.
    expect(verdict(manual(), lenient, { kind: "deny", schedule: "0 23 * * *" }).verdict).toBe("held");
  });

  const override = { overrideWindow: { reason: "payments are down" } };

  test("a role may override, and it is told what was overridden", () => {
    const windows = [{ ...NIGHT, overrideRoles: ["sre"] }];
    expect(verdict(manual({ options: override }), ...windows)).toEqual({
      verdict: "overridden",
      windows: ["deny 0 22 * * * for 8h (UTC)"],
      reason: "payments are down",
    });
    expect(verdict(manual(), ...windows)).toMatchObject({
      verdict: "held",
      hold: { message: expect.stringContaining("sre may override it") },
    });
  });

  test("whoever is not in the role is refused", () => {
    const request = manual({ options: override });
    const stranger = { ...request, trigger: { ...request.trigger, actor: { kind: "user" as const, name: "bob" } } };
    const refused = verdict(stranger, { ...NIGHT, overrideRoles: ["sre"] });
    expect(refused).toMatchObject({
      verdict: "refused",
      message: expect.stringContaining("bob may not override"),
      next: expect.stringContaining("ask a member of sre"),
    });
    expect(verdict(request, NIGHT)).toMatchObject({ verdict: "refused", next: expect.stringContaining("nobody may") });
  });

  test("every window in the way has to allow the override", () => {
    const request = manual({ options: override });
    expect(
      verdict(request, { ...NIGHT, overrideRoles: ["sre"] }, { kind: "deny", schedule: "0 23 * * *" }).verdict,
    ).toBe("refused");
  });

  test("an override without a closed window is none, and automation has none", () => {
    const windows = [{ ...NIGHT, overrideRoles: ["sre"] }];
    expect(windowVerdict(project(...windows), subject, manual({ options: override }), NOON)).toEqual({
      verdict: "open",
    });
    expect(verdict(asked({ options: override }), ...windows).verdict).toBe("held");
  });
});

describe("windows that are applied", () => {
  const found = (...windows: WindowInput[]) =>
    checkWindows(project(...windows).spec, NOON).map(({ path, message }) => `${path}: ${message}`);

  test("are fine as they mostly are", () =>
    expect(found(NIGHT, OFFICE, { ...NIGHT, overrideRoles: ["sre"] })).toEqual([]));

  test.each<[Partial<SyncWindow>, string]>([
    [{ schedule: "0 25 * * *" }, "spec.syncWindows.0.schedule: the schedule is not a cron expression: hour 25"],
    [{ timeZone: "Europe/Berlim" }, "spec.syncWindows.0.timeZone: there is no time zone Europe/Berlim"],
    [{ duration: "59s" }, "spec.syncWindows.0.duration: a window is open for a minute at least and 366 days at most"],
    [{ schedule: "0 0 31 2 *" }, "spec.syncWindows.0.schedule: the window never opens"],
    [{ applications: [] }, "spec.syncWindows.0: the window is about nothing"],
    [{ overrideRoles: ["sra"] }, "spec.syncWindows.0.overrideRoles.0: the project has no role sra"],
  ])("with %j are a problem", (more, problem) => {
    expect(found({ ...NIGHT, ...more })).toEqual([expect.stringContaining(problem)]);
  });

  test.each(["0s", "876000h"])("with the duration %s are refused by their schema already", (duration) =>
    expect(() => found({ ...NIGHT, duration })).toThrow("must be from 1ms to 8784h"),
  );
});
