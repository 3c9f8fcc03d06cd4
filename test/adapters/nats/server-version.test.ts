import { describe, expect, test } from "vitest";
import { compareVersions, whyRefused } from "../../../adapters/nats/server-version.ts";

describe("versions of nats-server", () => {
  test.each(["2.12.6", "2.12.10", "2.15.2", "v2.12.6", "2.13.0-RC.1", "3.0.0"])("%s is accepted", (version) => {
    expect(whyRefused(version)).toBeUndefined();
  });

  test.each(["2.12.5", "2.11.15", "2.10.22", "2.9.99", "1.99.99", "", "unknown"])(
    "%j is refused with a reason",
    (version) => {
      expect(whyRefused(version)).toMatch(/nats-server/);
    },
  );

  test("numbers are compared as numbers", () => {
    expect(compareVersions("2.9.10", "2.10.9")).toBeLessThan(0);
    expect(compareVersions("2.12.6", "2.12.6-dev")).toBe(0);
    expect(compareVersions("10.0.0", "9.9.9")).toBeGreaterThan(0);
  });
});
