import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Command, Outcome } from "../../../domain/application/command.ts";
import type { ApplicationState, Drifted } from "../../../domain/application/state.ts";
import { FLAPPING_CALM_MS, FLAPPING_COUNT } from "../../../domain/drift/back-off.ts";
import { remedyFor } from "../../../domain/drift/remediation.ts";
import { end, start, success } from "../application/examples.ts";
import { at, drifted, synced, told } from "./examples.ts";

const request = (operation: string, seconds: number, ...objects: Drifted[]): Command => ({
  type: "RequestRemediation",
  operation,
  drifted: objects,
  at: at(seconds),
});
const remedy = (state: ApplicationState, seconds: number, ...objects: Drifted[]) =>
  remedyFor(state, { operation: "next", drifted: objects, now: Date.parse(at(seconds)) });
const web = drifted("web");
const { state: calm } = told(synced());

describe("drift is put back", () => {
  test("at once the first time", () => expect(remedy(calm, 0, web)).toEqual({ act: "request" }));
  test("again after 5 s, then 10, and at once when it was calm for 10 minutes", () => {
    const once = told([...synced(), request("a", 0, web)]).state;
    expect(remedy(once, 1, web)).toEqual({ act: "wait", ms: 4_000 });
    expect(remedy(once, 5, web)).toEqual({ act: "request" });
    const twice = told([...synced(), request("a", 0, web), request("b", 5, web)]).state;
    expect(remedy(twice, 6, web)).toEqual({ act: "wait", ms: 9_000 });
    expect(remedy(twice, 700, web)).toEqual({ act: "request" });
  });
  test("of another object at once, whatever one is fought over", () => {
    const { state } = told([...synced(), request("a", 0, web)]);
    expect(remedy(state, 1, web, drifted("api"))).toEqual({ act: "request" });
  });
  test("once for each reason: asked for again, it is the same operation without a wait", () => {
    const { state } = told([...synced(), request("next", 0, web)]);
    expect(remedy(state, 1, web)).toEqual({ act: "request" });
    expect(
      told([...synced(), request("next", 0, web), request("next", 0, web)]).events.map(({ type }) => type),
    ).toEqual(["ApplicationCreated", "OperationStarted", "SyncSucceeded", "RemediationRequested"]);
  });
});

describe("drift is not put back", () => {
  const none = (why: string) => ({ act: "none", why });
  test("where the policy only reports or ignores", () => {
    const automated = { enabled: true, prune: false, selfHeal: false, allowEmpty: false };
    expect(remedy(told(synced({ automated })).state, 0, web)).toEqual(none("Policy"));
    expect(remedy(told(synced({ drift: "report" })).state, 0, web)).toEqual(none("Policy"));
    expect(remedy(told(synced({ drift: "ignore" })).state, 0, web)).toEqual(none("Policy"));
  });
  test("while an operation runs or waits: that one writes everything anyway", () => {
    expect(remedy(told([...synced(), start("op-2")]).state, 0, web)).toEqual(none("Running"));
    const hold: Command = {
      type: "HoldOperation",
      operation: "op-2",
      kind: "sync",
      trigger: { type: "push", actor: { kind: "webhook", name: "github" }, cause: "d" },
      reason: "SyncWindowClosed",
      message: "closed",
    };
    expect(remedy(told([...synced(), hold]).state, 0, web)).toEqual(none("Held"));
  });
  test("without drift", () => expect(remedy(calm, 0)).toEqual(none("NoDrift")));
});

describe("what is put back", () => {
  const failed = end("op-2", { result: "Failed", code: "ApplyFailed", message: "no", failures: [] });
  const broken = [start("op-2", { revision: "bad", artifact: "artifact-2" }), failed];
  test("is the newest commit where commits are deployed by themselves", () =>
    expect(remedy(calm, 0, web)).toEqual({ act: "request" }));
  test("is what was deployed where commits are deployed by hand", () => {
    const { state } = told(synced({ automated: undefined, drift: "remediate" }));
    expect(remedy(state, 0, web)).toEqual({ act: "request", target: "op-1" });
  });
  test("is what was deployed after a failed sync, also when that was put back before", () => {
    expect(remedy(told([...synced(), ...broken]).state, 0, web)).toEqual({ act: "request", target: "op-1" });
    const back = [start("op-3"), end("op-3", success())];
    expect(remedy(told([...synced(), ...broken, ...back]).state, 0, web)).toEqual({ act: "request", target: "op-3" });
  });
  const timedOut: Outcome = { result: "TimedOut", limitSeconds: 60, waitingFor: [], applied: true };
  const degraded: Outcome = { ...timedOut, result: "Failed", code: "HealthDegraded", message: "no", failures: [] };
  const newer = { revision: "new", sourceDigest: "source-2", artifact: "artifact-2" };
  test.each([timedOut, degraded])("is what was applied last, also if it did not become healthy: $result", (outcome) => {
    const unwell = [start("op-2", newer), end("op-2", outcome)];
    expect(remedy(told([...synced(), ...unwell]).state, 0, web), "the newest").toEqual({ act: "request" });
    const byHand = synced({ automated: undefined, drift: "remediate" });
    expect(remedy(told([...byHand, ...unwell]).state, 0, web)).toEqual({ act: "request", target: "op-2" });
    const after = told([...synced(), ...unwell, start("op-3", { revision: "bad" }), end("op-3", failed.outcome)]).state;
    expect(remedy(after, 0, web), "where the newest can't be applied").toEqual({ act: "request", target: "op-2" });
    const heal = [start("op-4", newer), end("op-4", success())];
    const healed = told([
      ...synced(),
      ...unwell,
      start("op-3", { revision: "bad" }),
      end("op-3", failed.outcome),
      ...heal,
    ]);
    expect(remedy(healed.state, 0, web), "after that was put back").toEqual({ act: "request", target: "op-4" });
  });
  test("is what was applied as a whole: a part that timed out before its end is not", () => {
    const cut = [
      start("op-2", newer),
      end("op-2", { result: "TimedOut", limitSeconds: 60, waitingFor: [], report: "r" }),
    ];
    expect(remedy(told([...synced(), ...cut]).state, 0, web)).toEqual({ act: "request", target: "op-1" });
  });
  test("is the newest again once a newer one was deployed", () => {
    const next = [start("op-3", { revision: "good" }), end("op-3", success())];
    expect(remedy(told([...synced(), ...broken, ...next]).state, 0, web)).toEqual({ act: "request" });
  });
});

describe("a fight", () => {
  const thrice = [request("a", 0, web), request("b", 5, web), request("c", 15, web)];
  test("is said once, with both sides, and slows down", () => {
    const { state, events } = told([...synced(), ...thrice, request("d", 75, web)]);
    expect(events.filter(({ type }) => type === "FlappingDetected")).toEqual([
      {
        type: "FlappingDetected",
        data: {
          objects: [web.object],
          managers: ["sluice", "kubectl-edit"],
          count: 3,
          windowSeconds: 600,
          nextAt: at(75),
        },
      },
    ]);
    expect(remedy(state, 75, web)).toEqual({ act: "wait", ms: 120_000 });
  });
  test("is none against changing managers", () => {
    const [a, b, c] = ["a", "b", "c"].map((manager) => drifted("web", { managers: [manager] })) as [
      Drifted,
      Drifted,
      Drifted,
    ];
    const { events } = told([...synced(), request("1", 0, a), request("2", 5, b), request("3", 15, c)]);
    expect(events.map(({ type }) => type)).not.toContain("FlappingDetected");
  });
  test("is said anew when there was a long calm", () => {
    const later = 15 + FLAPPING_CALM_MS / 1_000 + 1;
    const again = [0, 5, 15].map((seconds, index) => request(`e${index}`, later + seconds, web));
    const { events } = told([...synced(), ...thrice, ...again]);
    expect(events.filter(({ type }) => type === "FlappingDetected")).toHaveLength(2);
  });
});

describe("of any history of drift", () => {
  const objects = ["web", "api", "db"].map((name) => drifted(name));
  const history = fc.array(
    fc.record({
      pause: fc.integer({ min: 0, max: 2_000 }),
      seen: fc.subarray(objects, { minLength: 1 }),
      manager: fc.constantFrom("kubectl-edit", "hpa"),
    }),
    { maxLength: 40 },
  );
  /** Plays reports against the decider as the dispatcher does: a report that may not lead to anything yet comes again. */
  const play = (reports: { pause: number; seen: Drifted[]; manager: string }[]) => {
    const commands = synced();
    let { state } = told(commands);
    let now = 0;
    const done: { at: number; objects: string[] }[] = [];
    const events: string[] = [];
    reports.forEach(({ pause, seen, manager }, index) => {
      now += pause;
      const objectsNow = seen.map((entry) => ({ ...entry, managers: [manager] }));
      const due = remedyFor(state, { operation: `r${index}`, drifted: objectsNow, now: Date.parse(at(now)) });
      if (due.act === "wait") now += due.ms / 1_000;
      commands.push(request(`r${index}`, now, ...objectsNow));
      const after = told(commands);
      state = after.state;
      events.splice(0, events.length, ...after.events.map(({ type }) => type));
      done.push({ at: now, objects: seen.map(({ object }) => object) });
    });
    return { state, done, events };
  };

  test("every drift is put back in the end, and a wait is never longer than 15 minutes", () => {
    fc.assert(
      fc.property(history, (reports) => {
        const { state, done } = play(reports);
        expect(done).toHaveLength(reports.length);
        const now = (done.at(-1)?.at ?? 0) + 900;
        expect(remedy(state, now, ...objects)).toEqual({ act: "request" });
      }),
      { numRuns: 50 },
    );
  });
  test("the decision is the same from the events alone, whoever makes it", () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 0, max: 5_000 }), (reports, later) => {
        const { state, done } = play(reports);
        const now = (done.at(-1)?.at ?? 0) + later;
        expect(JSON.parse(JSON.stringify(state.remediations ?? null))).toEqual(state.remediations ?? null);
        expect(remedy(JSON.parse(JSON.stringify(state)) as ApplicationState, now, ...objects)).toEqual(
          remedy(state, now, ...objects),
        );
      }),
      { numRuns: 50 },
    );
  });
  test("fewer than three remediations of an object are never a fight", () => {
    fc.assert(
      fc.property(history, (reports) => {
        const { events, done } = play(reports);
        const most = Math.max(
          0,
          ...objects.map(({ object }) => done.filter((one) => one.objects.includes(object)).length),
        );
        if (most < FLAPPING_COUNT) expect(events).not.toContain("FlappingDetected");
      }),
      { numRuns: 50 },
    );
  });
  test("what is remembered stays small", () => {
    const many = Array.from({ length: 300 }, (_, index) => request(`r${index}`, index, drifted(`web-${index}`)));
    const { state } = told([...synced(), ...many]);
    expect(state.remediations?.objects).toHaveLength(100);
    expect(state.remediations?.operations).toHaveLength(20);
  });
});
