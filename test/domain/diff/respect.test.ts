import { expect, test } from "vitest";
import { withLiveValues } from "../../../domain/diff/respect.ts";
import type { RawObject } from "../../../schemas/artifact.ts";

const object = (spec: object, managedFields: object[] = []): RawObject => ({
  apiVersion: "example/v1",
  kind: "Thing",
  metadata: { name: "x", ...(managedFields.length > 0 && { managedFields }) },
  spec,
});
const keyed = [
  {
    manager: "sluice",
    operation: "Apply",
    fieldsV1: {
      "f:spec": { "f:list": { 'k:{"name":"a"}': { ".": {}, "f:v": {} }, 'k:{"name":"b"}': { ".": {}, "f:v": {} } } },
    },
  },
];

test("an ignored field is applied as it is live", () => {
  const desired = object({ replicas: 2, size: 1 });
  expect(withLiveValues(desired, object({ replicas: 9, size: 5 }), [["spec", "replicas"]])).toEqual(
    object({ replicas: 9, size: 1 }),
  );
});

test("what live does not have is applied as desired", () => {
  const desired = object({ replicas: 2 });
  expect(withLiveValues(desired, object({}), [["spec", "replicas"]])).toEqual(desired);
  expect(withLiveValues(object({}), object({ replicas: 9 }), [["spec", "replicas"]])).toEqual(object({}));
});

test("an item of a keyed list takes its value from the item of the same key, wherever that stands", () => {
  const desired = object({
    list: [
      { name: "a", v: 1 },
      { name: "b", v: 1 },
      { name: "new", v: 1 },
    ],
  });
  const live = object(
    {
      list: [
        { name: "side", v: 7 },
        { name: "b", v: 8 },
        { name: "a", v: 9 },
      ],
    },
    keyed,
  );
  const paths = [0, 1, 2].map((at) => ["spec", "list", at, "v"]);
  expect(withLiveValues(desired, live, paths)["spec"]).toEqual({
    list: [
      { name: "a", v: 9 },
      { name: "b", v: 8 },
      { name: "new", v: 1 },
    ],
  });
});

test("an item of another list takes it from the one at its position", () => {
  const desired = object({ routes: [{ weight: 100 }, { weight: 0 }] });
  const live = object({ routes: [{ weight: 90 }, { weight: 10 }] });
  const paths = [0, 1].map((at) => ["spec", "routes", at, "weight"]);
  expect(withLiveValues(desired, live, paths)["spec"]).toEqual({ routes: [{ weight: 90 }, { weight: 10 }] });
});
