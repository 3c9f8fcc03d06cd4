import { describe, expect, test } from "vitest";
import { health } from "../../../domain/health/health.ts";
import type { RawObject } from "../../../schemas/artifact.ts";
import type { HealthStatus } from "../../../schemas/operation.ts";

/** An object as a cluster has it. */
export const live = (
  apiVersion: string,
  kind: string,
  { spec, status, metadata }: { spec?: unknown; status?: unknown; metadata?: object },
): RawObject => ({
  apiVersion,
  kind,
  metadata: { name: "x", namespace: "shop", generation: 2, ...metadata },
  ...(spec === undefined ? {} : { spec }),
  ...(status === undefined ? {} : { status }),
});

/** A condition as most controllers write it. */
export const is = (type: string, status: "True" | "False" | "Unknown", more: object = {}): object => ({
  type,
  status,
  ...more,
});

/** A status with nothing but conditions. */
export const said = (...conditions: object[]): { status: object } => ({ status: { conditions } });

export type Case = [
  what: string,
  expected: HealthStatus,
  parts: { spec?: unknown; status?: unknown; metadata?: object },
  message?: string | RegExp,
];

/** Each case of a kind has the health, and the message where one is given; what is not Healthy says why. */
export function cases(apiVersion: string, kind: string, all: Case[]): void {
  describe(kind, () => {
    test.each(all)("%s: %s", (_what, expected, parts, message) => {
      const found = health(live(apiVersion, kind, parts));
      expect(found.status, found.message).toBe(expected);
      if (message !== undefined) expect(found.message).toMatch(message);
      else if (expected === "Healthy") expect(found.message).toBeUndefined();
      else expect(found.message).toMatch(/\w/);
    });
  });
}
