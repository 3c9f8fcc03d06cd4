import fc from "fast-check";
import { expect, test } from "vitest";
import { backoffMs, RETRY_LIMITS, retryAfterMs, retryDelay, wait } from "../../../adapters/kubernetes/retry.ts";

test("Retry-After is read as seconds and as a date, within bounds", () => {
  const now = Date.parse("2031-01-01T00:00:00Z");
  expect(retryAfterMs("2", now)).toBe(2_000);
  expect(retryAfterMs("Wed, 01 Jan 2031 00:00:05 GMT", now)).toBe(5_000);
  expect(retryAfterMs("Wed, 01 Jan 2020 00:00:05 GMT", now)).toBe(0);
  expect(retryAfterMs("86400", now)).toBe(30_000);
  expect(retryAfterMs("soon", now)).toBeUndefined();
  expect(retryAfterMs(undefined, now)).toBeUndefined();
});

test("the wait never undercuts Retry-After, stays within its step, and ends by attempts or by time", () => {
  const random = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), random, fc.option(fc.nat(30_000)), (attempt, value, after) => {
      const state = { attempt, elapsedMs: 0, random: value, retryAfterMs: after ?? undefined };
      const delay = retryDelay(RETRY_LIMITS, state);
      expect(delay === undefined).toBe(attempt >= RETRY_LIMITS.attempts);
      if (delay === undefined) return;
      expect(delay).toBeGreaterThanOrEqual(after ?? 0);
      expect(delay).toBeLessThanOrEqual((after ?? 0) + RETRY_LIMITS.maxMs);
    }),
  );
  expect(retryDelay(RETRY_LIMITS, { attempt: 1, elapsedMs: RETRY_LIMITS.deadlineMs, random: 0 })).toBeUndefined();
});

test("the reflector backs off from 0.8 to 30 seconds, jittered by half", () => {
  expect(backoffMs(1, 0)).toBe(400);
  expect(backoffMs(1, 0.999_999)).toBeCloseTo(800, 0);
  expect(backoffMs(3, 0.999_999)).toBeCloseTo(3_200, 0);
  expect(backoffMs(1_000, 0)).toBe(15_000);
  expect(backoffMs(1_000, 0.999_999)).toBeCloseTo(30_000, 0);
});

test("a wait ends at once by its signal, before and while it waits", async () => {
  await expect(wait(60_000, AbortSignal.abort(new Error("before")))).rejects.toThrow("before");
  const stop = new AbortController();
  const waiting = wait(60_000, stop.signal);
  stop.abort(new Error("while"));
  await expect(waiting).rejects.toThrow("while");
});
