import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { health } from "../../../domain/health/health.ts";
import { RULES, ruleOf } from "../../../domain/health/rules.ts";
import type { RawObject } from "../../../schemas/artifact.ts";
import { HEALTH_ORDER } from "../../../schemas/operation.ts";

/** A kind that each rule is for. */
const KINDS = [...RULES.keys()].map((key): [group: string, kind: string] => {
  const slash = key.lastIndexOf("/");
  return [key.slice(0, slash).replace("*.", "some."), key.slice(slash + 1).replace("*", "Anything")];
});

const TYPES = [
  "Ready",
  "Synced",
  "Issuing",
  "Accepted",
  "Installed",
  "Healthy",
  "Stalled",
  "Paused",
  "Available",
  "Progressing",
];
const anyCondition = fc.oneof(
  fc.record(
    {
      type: fc.constantFrom(...TYPES),
      status: fc.constantFrom<unknown>("True", "False", "Unknown", true, null),
      reason: fc.oneof(fc.string(), fc.jsonValue()),
      message: fc.oneof(fc.string(), fc.jsonValue()),
      observedGeneration: fc.oneof(fc.nat(), fc.jsonValue()),
    },
    { requiredKeys: [] },
  ),
  fc.jsonValue(),
);
const anyStatus = fc.oneof(
  fc.jsonValue(),
  fc.dictionary(
    fc.constantFrom(
      "phase",
      "state",
      "conditions",
      "parents",
      "listeners",
      "health",
      "observedGeneration",
      "instances",
    ),
    fc.oneof(
      fc.array(anyCondition),
      fc.jsonValue(),
      fc.constantFrom("Running", "Failed", "Healthy", "__proto__", "constructor"),
    ),
  ),
);
const anyMetadata = fc.oneof(
  fc.jsonValue(),
  fc.record({ name: fc.string(), generation: fc.jsonValue(), annotations: fc.jsonValue() }, { requiredKeys: [] }),
);

describe("rules", () => {
  test("whatever an object of any kind looks like, it has a health, and it says why it is not well", () => {
    const anyObject = fc
      .record({ kind: fc.constantFrom(...KINDS), metadata: anyMetadata, spec: fc.jsonValue(), status: anyStatus })
      .map(({ kind: [group, kind], ...rest }) => ({ apiVersion: group === "" ? "v1" : `${group}/v1`, kind, ...rest }));
    fc.assert(
      fc.property(anyObject, (object) => {
        const found = health(object as unknown as RawObject);
        expect(HEALTH_ORDER).toContain(found.status);
        if (found.status !== "Healthy") expect(found.message).toMatch(/\S/);
      }),
      { numRuns: 2_000 },
    );
  });

  test("every rule is reached by the kinds it is for", () => {
    for (const [group, kind] of KINDS) expect(ruleOf(group, kind), `${group}/${kind}`).toBeDefined();
  });

  test("a kind's own rule wins over its group's, and the group's end has to be whole labels", () => {
    expect(ruleOf("source.toolkit.fluxcd.io", "HelmRepository")).toBe(
      RULES.get("source.toolkit.fluxcd.io/HelmRepository"),
    );
    expect(ruleOf("source.toolkit.fluxcd.io", "Bucket")).toBe(RULES.get("*.toolkit.fluxcd.io/*"));
    expect(ruleOf("crossplane.io", "Anything")).toBe(RULES.get("*.crossplane.io/*"));
    expect(ruleOf("mytoolkit.fluxcd.io", "Bucket")).toBeUndefined();
    expect(ruleOf("", "ConfigMap")).toBeUndefined();
  });
});
