import fc from "fast-check";
import { expect, test } from "vitest";
import { equalState } from "../../../domain/sync/compare.ts";
import type { RawObject } from "../../../schemas/artifact.ts";

const port = (number: number) => ({ port: number, protocol: "TCP", name: `p${number}` });
const fields = (ports: object): object[] => [
  {
    manager: "sluice",
    operation: "Apply",
    fieldsV1: { "f:spec": { "f:ports": ports, "f:finalizers": { 'v:"a"': {}, 'v:"b"': {} } } },
  },
];
const keyed = { 'k:{"port":80,"protocol":"TCP"}': { ".": {} }, 'k:{"port":81,"protocol":"TCP"}': { ".": {} } };
const service = (ports: unknown[], finalizers = ["a", "b"], tracked: object = keyed): RawObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "x", managedFields: fields(tracked) },
  spec: { ports, finalizers },
});

test("the order of lists that are tracked by key or by value is no difference", () => {
  expect(equalState(service([port(80), port(81)]), service([port(81), port(80)]))).toBe(true);
  expect(equalState(service([port(80)], ["a", "b"]), service([port(80)], ["b", "a"]))).toBe(true);
  expect(equalState(service([port(80), port(81)]), service([port(80), port(82)]))).toBe(false);
  expect(equalState(service([port(80)], ["a", "b"]), service([port(80)], ["a", "a"]))).toBe(false);
});

test("the order of a list that is tracked as a whole is one", () => {
  expect(equalState(service([port(80), port(81)], [], {}), service([port(81), port(80)], [], {}))).toBe(false);
});

test("in a pod template order is one too: another order rolls the pods", () => {
  const deployment = (names: string[]): RawObject => ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: {
      name: "x",
      managedFields: [
        {
          manager: "sluice",
          operation: "Apply",
          fieldsV1: {
            "f:spec": {
              "f:template": { "f:spec": { "f:initContainers": { 'k:{"name":"a"}': {}, 'k:{"name":"b"}': {} } } },
            },
          },
        },
      ],
    },
    spec: { template: { spec: { initContainers: names.map((name) => ({ name })) } } },
  });
  expect(equalState(deployment(["a", "b"]), deployment(["b", "a"]))).toBe(false);
});

test("any shuffle of a keyed list is equal, any other value of an item is not", () => {
  fc.assert(
    fc.property(
      fc
        .uniqueArray(fc.integer({ min: 1, max: 65_535 }), { minLength: 1, maxLength: 8 })
        .chain((numbers) =>
          fc.tuple(fc.constant(numbers), fc.shuffledSubarray(numbers, { minLength: numbers.length })),
        ),
      ([numbers, shuffled]) => {
        const tracked = Object.fromEntries(
          numbers.map((number) => [`k:{"port":${number},"protocol":"TCP"}`, { ".": {} }]),
        );
        const a = service(numbers.map(port), [], tracked);
        expect(equalState(a, service(shuffled.map(port), [], tracked))).toBe(true);
        const [first, ...rest] = shuffled.map(port);
        expect(equalState(a, service([{ ...first, name: "other" }, ...rest], [], tracked))).toBe(false);
      },
    ),
  );
});
