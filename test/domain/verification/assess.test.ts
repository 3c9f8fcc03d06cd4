import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assessMetric, assessRun, dueAt, outcomesOf } from "../../../domain/verification/assess.ts";
import { type Counting, countingOf } from "../../../domain/verification/metric.ts";
import { progressed } from "../../../domain/verification/progress.ts";
import type { MetricProgress } from "../../../domain/promotion/state.ts";
import { Metric } from "../../../schemas/kinds/verification.ts";

type Phase = "Successful" | "Failed" | "Inconclusive" | "Error";
const LETTERS: Record<string, Phase> = { s: "Successful", f: "Failed", i: "Inconclusive", e: "Error" };
const AT = "2026-11-21T12:00:00.000Z";

const counting = (given: object = {}): Counting => {
  const made = countingOf(Metric.parse({ name: "m", provider: { health: {} }, ...given }));
  if ("problems" in made) throw new Error(JSON.stringify(made.problems));
  return made;
};
const after = (phases: readonly Phase[]): MetricProgress | undefined =>
  phases.reduce<MetricProgress | undefined>(
    (before, phase, index) => progressed(before, { metric: "m", number: index + 1, phase, at: AT }),
    undefined,
  );
const phases = (letters: string): Phase[] => Array.from(letters, (letter) => LETTERS[letter]!);
const assessed = (letters: string, given: object) => assessMetric(counting(given), after(phases(letters))).phase;

describe("defaults as Argo Rollouts documents them", () => {
  test("without interval one measurement, no failure, no inconclusive one, four errors in a row", () => {
    expect(counting()).toEqual({
      ...{ count: 1, failureLimit: 0, inconclusiveLimit: 0, consecutiveErrorLimit: 4, consecutiveSuccessLimit: 0 },
      ...{ intervalMs: undefined, initialDelayMs: 0 },
    });
    expect(assessed("", {})).toBe("Running");
    expect(assessed("s", {})).toBe("Successful");
    expect(assessed("f", {})).toBe("Failed");
    expect(assessed("i", {})).toBe("Inconclusive");
    expect(assessed("eeee", {})).toBe("Running");
    expect(assessed("eeeee", {})).toBe("Error");
    expect(assessed("eees", {})).toBe("Successful");
  });

  test("errors don't count as measurements, and one that succeeds begins them anew", () => {
    const given = { count: 3, interval: "1m" };
    expect(assessed("eeeeseeee", given)).toBe("Running");
    expect(assessed("eeeeseeeess", given)).toBe("Successful");
  });

  test("failures up to the limit are forgiven, and count as measurements", () => {
    const given = { count: 5, interval: "1m", failureLimit: 2 };
    expect(assessed("ffsss", given)).toBe("Successful");
    expect(assessed("ffs", given)).toBe("Running");
    expect(assessed("fsfsf", given)).toBe("Failed");
  });

  test("inconclusive ones have a limit of their own", () => {
    const given = { count: 5, interval: "1m", failureLimit: 1, inconclusiveLimit: 1 };
    expect(assessed("fisss", given)).toBe("Successful");
    expect(assessed("ii", given)).toBe("Inconclusive");
  });

  test("so many successes in a row end it early; not reached within count they leave it inconclusive, without failureLimit failed", () => {
    const given = { count: 5, interval: "1m", consecutiveSuccessLimit: 3, failureLimit: 2 };
    expect(assessed("fsss", given)).toBe("Successful");
    expect(assessed("sfsfs", given)).toBe("Inconclusive");
    expect(assessed("sfsfs", { ...given, failureLimit: -1 })).toBe("Failed");
    expect(assessed("ffffffffsss", { ...given, count: undefined, failureLimit: -1 })).toBe("Successful");
  });

  test("an interval without count goes on", () => {
    expect(assessed("ssssssssssss", { interval: "1m" })).toBe("Running");
  });

  test("after an error it is measured again in 10 s, else after the interval; the first time after the delay", () => {
    const start = Date.parse(AT);
    const given = counting({ count: 3, interval: "5m", initialDelay: "1m" });
    expect(dueAt(given, undefined, start)).toBe(start + 60_000);
    expect(dueAt(given, after(phases("s")), start)).toBe(start + 300_000);
    expect(dueAt(given, after(phases("e")), start)).toBe(start + 10_000);
  });

  test.each([
    [{ count: 2 }, "interval"],
    [{ count: 2, interval: "1m", failureLimit: 3 }, "failureLimit"],
    [{ count: 2, interval: "1m", inconclusiveLimit: 3 }, "inconclusiveLimit"],
    [{ count: "{{args.count}}" }, "count"],
    [{ interval: "soon" }, "interval"],
    [{ failureLimit: -1 }, "failureLimit"],
    [{ consecutiveErrorLimit: -1 }, "consecutiveErrorLimit"],
  ])("%j is refused for its %s", (given, field) => {
    const made = countingOf(Metric.parse({ name: "m", provider: { health: {} }, ...given }));
    expect(made).toMatchObject({ problems: [{ field }] });
  });
});

/** The same in the most straightforward way: the measurements one by one, looked at from the first to the last. */
function reference(measured: readonly Phase[], given: Counting): string {
  for (let taken = 1; taken <= measured.length; taken += 1) {
    const so = measured.slice(0, taken);
    const number = (phase: Phase): number => so.filter((one) => one === phase).length;
    const row = (phase: Phase): number => {
      const last = so.findLastIndex((one) => one !== phase);
      return taken - 1 - last;
    };
    if (row("Error") > given.consecutiveErrorLimit) return "Error";
    if (number("Inconclusive") > given.inconclusiveLimit) return "Inconclusive";
    if (given.failureLimit >= 0 && number("Failed") > given.failureLimit) return "Failed";
    const wanted = given.consecutiveSuccessLimit;
    if (wanted > 0 && row("Successful") >= wanted) return "Successful";
    if (given.count !== undefined && taken - number("Error") >= given.count) {
      if (wanted === 0) return "Successful";
      return given.failureLimit < 0 ? "Failed" : "Inconclusive";
    }
  }
  return "Running";
}

const anyPhase = fc.constantFrom<Phase>("Successful", "Failed", "Inconclusive", "Error");
const anyCounting: fc.Arbitrary<Counting> = fc
  .record({
    count: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
    failureLimit: fc.integer({ min: -1, max: 3 }),
    inconclusiveLimit: fc.integer({ min: 0, max: 3 }),
    consecutiveErrorLimit: fc.integer({ min: 0, max: 4 }),
    consecutiveSuccessLimit: fc.integer({ min: 0, max: 3 }),
  })
  .map((given) => ({ ...given, intervalMs: 60_000, initialDelayMs: 0 }));

test("whatever is measured, a metric ends when and as the straightforward reading says", () => {
  fc.assert(
    fc.property(fc.array(anyPhase, { maxLength: 14 }), anyCounting, (measured, given) => {
      // A metric that is over is measured no more, so what counts is the first moment at which it is.
      let progress: MetricProgress | undefined;
      let phase = assessMetric(given, progress).phase;
      for (const [index, one] of measured.entries()) {
        if (phase !== "Running") break;
        progress = progressed(progress, { metric: "m", number: index + 1, phase: one, at: AT });
        phase = assessMetric(given, progress).phase;
      }
      expect(phase).toBe(reference(measured, given));
    }),
    { numRuns: 2_000 },
  );
});

describe("a run of several metrics", () => {
  const metric = (name: string, letters: string, dryRun = false, given: object = {}) => ({
    ...{ name, dryRun, counting: counting(given), progress: after(phases(letters)) },
  });

  test("is successful when all are, and runs while one does", () => {
    expect(assessRun([metric("a", "s"), metric("b", "s")])).toEqual({ phase: "Successful" });
    expect(assessRun([metric("a", "s"), metric("b", "")])).toEqual({ phase: "Running" });
  });

  test("ends with the first that is not well, whatever still runs, the worst of them named", () => {
    expect(assessRun([metric("a", "i"), metric("b", ""), metric("c", "f")])).toEqual({
      phase: "Failed",
      message: "metric c is Failed: failed (1) > failureLimit (0)",
    });
    expect(assessRun([metric("a", "i"), metric("b", "eeeee")])).toMatchObject({ phase: "Error" });
  });

  test("dry metrics are waited for, and count for nothing", () => {
    expect(assessRun([metric("a", "s"), metric("b", "f", true)])).toEqual({ phase: "Successful" });
    expect(assessRun([metric("a", "s"), metric("b", "", true)])).toEqual({ phase: "Running" });
  });

  test("outcomes hold what was counted, and why", () => {
    expect(outcomesOf([metric("a", "sf", true, { count: 3, interval: "1m" })])).toEqual([
      {
        ...{ metric: "a", phase: "Failed", successful: 1, failed: 1, inconclusive: 0, errors: 0, dryRun: true },
        message: "failed (1) > failureLimit (0)",
      },
    ]);
  });
});
