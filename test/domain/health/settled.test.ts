import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isOverUnwritten, isSettled } from "../../../domain/health/settled.ts";
import { HEALTH_ORDER } from "../../../schemas/operation.ts";

describe("health that is settled", () => {
  test("is Healthy and Suspended only", () => {
    expect(HEALTH_ORDER.filter(isSettled)).toEqual(["Healthy", "Suspended"]);
  });
});

describe("a sync that had nothing to write", () => {
  test("is over when health is settled and nothing else is open", () => {
    const facts = fc.record({
      health: fc.constantFrom(...HEALTH_ORDER),
      failures: fc.array(fc.string(), { maxLength: 2 }),
      interrupted: fc.boolean(),
    });
    fc.assert(
      fc.property(facts, (done) => {
        const open = !isSettled(done.health) || done.failures.length > 0 || done.interrupted;
        expect(isOverUnwritten(done)).toBe(!open);
      }),
    );
  });
});
