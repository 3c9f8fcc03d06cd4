import { expect, it } from "vitest";
import {
  chartDependencies,
  externalSchemaReferences,
  isVendored,
  localDependencyPath,
} from "../../../domain/source/helm-chart.ts";

it("reads the dependencies of a chart", () => {
  const content = { dependencies: [{ name: "a", repository: "file://../a" }, { name: "b" }, { name: 5 }, null] };
  const found = chartDependencies(content);
  expect(found).toEqual([
    { name: "a", repository: "file://../a" },
    { name: "b", repository: "" },
  ]);
  expect(found.map(localDependencyPath)).toEqual(["../a", undefined]);
  expect(chartDependencies("text")).toEqual([]);
});

it("knows a vendored chart by its directory or its package", () => {
  expect(isVendored("redis", "redis")).toBe(true);
  expect(isVendored("redis", "redis-1.2.3.tgz")).toBe(true);
  expect(isVendored("redis", "redis-1.2.3.txt")).toBe(false);
  expect(isVendored("redis", "postgres")).toBe(false);
});

it("finds what a schema would have read from outside of it", () => {
  const schema = {
    $schema: "http://json-schema.org/draft-07/schema#",
    properties: { a: { $ref: "#/definitions/a" }, b: { items: [{ $ref: "https://evil.example/x.json" }] } },
    definitions: { a: { $dynamicRef: "file:///etc/passwd" } },
  };
  expect(externalSchemaReferences(schema).sort()).toEqual(["file:///etc/passwd", "https://evil.example/x.json"]);
  expect(externalSchemaReferences({ $schema: "https://evil.example/meta" })).toEqual(["https://evil.example/meta"]);
});
