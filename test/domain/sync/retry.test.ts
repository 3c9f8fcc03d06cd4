import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { retryIn, type RetryPolicy } from "../../../domain/sync/retry.ts";
import type { Outcome } from "../../../domain/application/command.ts";

const policy: RetryPolicy = { limit: 3, pauseMs: 1_000, factor: 2, longestMs: 3_000, refresh: false };
const failed = (code = "ApplyFailed"): Outcome => ({ result: "Failed", code, message: "no", failures: [] });
const pause = (attempt: number, more: Partial<Parameters<typeof retryIn>[0]> = {}) =>
  retryIn({ attempt, outcome: failed(), policy, leftMs: 600_000, ...more });

describe("a failed attempt", () => {
  test("is made again after pauses that grow up to the longest, until none is left", () => {
    expect([1, 2, 3, 4].map((attempt) => pause(attempt))).toEqual([1_000, 2_000, 3_000, undefined]);
  });
  test("is made again for ever with a limit of -1, and never with 0", () => {
    expect(pause(10_000, { policy: { ...policy, limit: -1 } })).toBe(3_000);
    expect(pause(1, { policy: { ...policy, limit: 0 } })).toBeUndefined();
  });
  test("is final without a policy, when a rule refused it, and when the operation's time would be over", () => {
    expect(pause(1, { policy: undefined })).toBeUndefined();
    for (const code of ["Forbidden", "ClusterForbidden"]) expect(pause(1, { outcome: failed(code) })).toBeUndefined();
    expect(pause(1, { leftMs: 1_000 })).toBeUndefined();
    expect(pause(1, { leftMs: 1_001 })).toBe(1_000);
  });
  test.each(["HealthDegraded", "HookFailed", "ClusterUnavailable", "RenderFailed"])("with %s is made again", (code) => {
    expect(pause(1, { outcome: failed(code) })).toBe(1_000);
  });
  test("is the only end that is made again", () => {
    const by = { kind: "user", name: "ada" } as const;
    expect(pause(1, { outcome: { result: "Terminated", by } })).toBeUndefined();
    expect(pause(1, { outcome: { result: "Superseded", by: "op-2" } })).toBeUndefined();
    expect(pause(1, { outcome: { result: "TimedOut", limitSeconds: 1, waitingFor: [] } })).toBeUndefined();
  });
  test("never waits longer than the longest pause, nor than the operation has left", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2_000 }),
        fc.double({ min: 1, max: 10, noNaN: true }),
        fc.nat(1e6),
        (attempt, factor, leftMs) => {
          const found = pause(attempt, { policy: { ...policy, limit: -1, factor }, leftMs });
          if (found === undefined) return;
          expect(found).toBeLessThanOrEqual(Math.min(policy.longestMs, leftMs));
          expect(found).toBeGreaterThanOrEqual(policy.pauseMs);
        },
      ),
    );
  });
});
