import { describe, expect, test } from "vitest";
import { mayTakeBack, pathsOf } from "../../../domain/sync/takeover.ts";
import { configMap } from "./objects.ts";

const applied = {
  "f:data": { "f:a": {}, "f:with.dot": {} },
  "f:spec": { "f:ports": { 'k:{"protocol":"TCP","port":80}': { ".": {}, "f:name": {} } }, "f:tags": { 'v:"x"': {} } },
};

test("paths are written as the API server writes them", () => {
  expect([...pathsOf(applied)]).toEqual([
    ".data",
    ".data.a",
    ".data.with.dot",
    ".spec",
    ".spec.ports",
    '.spec.ports[port=80,protocol="TCP"]',
    '.spec.ports[port=80,protocol="TCP"].name',
    ".spec.tags",
    '.spec.tags[="x"]',
  ]);
});

describe("fields in conflict", () => {
  const live = configMap("a");
  live.metadata.managedFields = [
    { manager: "kubectl-edit", operation: "Update" },
    { manager: "helm", operation: "Apply" },
  ];
  const conflict = (manager: string, field: string) => ({ manager, field });

  test("that were ours and were written by hand are taken back", () => {
    expect(mayTakeBack([conflict("kubectl-edit", ".data.a")], applied, live)).toBe(true);
    expect(mayTakeBack([conflict("kubectl-edit", ".data.with.dot")], applied, live)).toBe(true);
  });
  test("that were never ours are not, not even beside some that were", () => {
    expect(mayTakeBack([conflict("kubectl-edit", ".data.b")], applied, live)).toBe(false);
    expect(mayTakeBack([conflict("kubectl-edit", ".data.a"), conflict("kubectl-edit", ".data.b")], applied, live)).toBe(
      false,
    );
  });
  test("that another applier holds are not", () => {
    expect(mayTakeBack([conflict("helm", ".data.a")], applied, live)).toBe(false);
  });
  test("are never ours without a record of an apply", () => {
    expect(mayTakeBack([conflict("kubectl-edit", ".data.a")], null, live)).toBe(false);
    expect(mayTakeBack([], applied, live)).toBe(false);
  });
});
