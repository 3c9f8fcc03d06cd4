import { describe, expect, test } from "vitest";
import { ApplyRefused, failure } from "../../../adapters/kubernetes/errors.ts";

const resource = {
  group: "",
  version: "v1",
  apiVersion: "v1",
  resource: "services",
  kind: "Service",
  namespaced: true,
  verbs: [],
};
const refusal = (status: number, message: string, causes: { message: string }[] = []) =>
  failure("https://cluster", { verb: "apply", resource, namespace: "n", name: "s" }, {
    status,
    headers: {},
    text: JSON.stringify({ kind: "Status", code: status, message, details: { name: "s", causes } }),
    uncertain: false,
  } as never);
const immutable = (...messages: string[]): boolean => {
  const error = refusal(
    422,
    messages.join(", "),
    messages.map((message) => ({ message })),
  );
  return error instanceof ApplyRefused && error.immutable;
};

describe("a refusal of a change", () => {
  test.each([
    "field is immutable",
    "Forbidden: field is immutable when `immutable` is set",
    "Forbidden: updates to statefulset spec for fields other than 'replicas' and 'template' are forbidden",
    "Invalid value: {}: cannot change roleRef",
    "Forbidden: pod updates may not change fields other than `spec.containers[*].image`",
    "spec.claimRef: may not be changed once set",
  ])("is one that a new object would get round: %s", (message) => {
    expect(immutable(message)).toBe(true);
  });
  test.each([
    ["must be greater than or equal to 0"],
    ["Required value"],
    ["field is immutable", "must be greater than or equal to 0"],
  ])("is another when anything else is wrong: %s %s", (...messages) => {
    expect(immutable(...messages.filter(Boolean))).toBe(false);
  });
  test("is no matter of fields when it is about the authorisation", () => {
    expect(refusal(403, 'services "s" is forbidden: User "u" cannot patch')).not.toBeInstanceOf(ApplyRefused);
  });
});

test("fields that the schema does not know are named, one or many", () => {
  const head = "failed to create typed patch object (n/s; /v1, Kind=Service): ";
  const undeclared = (message: string) => (refusal(500, head + message) as ApplyRefused).undeclared;
  expect(undeclared(".spec.bogus: field not declared in schema")).toEqual([".spec.bogus"]);
  expect(
    undeclared(
      'errors:\n  .spec.bogus: field not declared in schema\n  .spec.ports[port=80,protocol="TCP"].wrong: field not declared in schema',
    ),
  ).toEqual([".spec.bogus", '.spec.ports[port=80,protocol="TCP"].wrong']);
  expect(refusal(500, `${head}.spec.replicas: expected numeric`)).not.toBeInstanceOf(ApplyRefused);
});
