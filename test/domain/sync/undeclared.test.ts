import { expect, test } from "vitest";
import { withoutFields } from "../../../domain/sync/undeclared.ts";
import { objectOf } from "./objects.ts";

const service = () =>
  objectOf("v1", "Service", "s", {
    spec: {
      bogus: 1,
      ports: [
        { port: 80, wrong: 1 },
        { port: 81, protocol: "UDP", wrong: 2 },
      ],
      plain: [{ x: 1 }, { x: 2 }],
    },
  });

test("fields go by the paths of the API server: members, items by key with their defaults left out, items by position", () => {
  const paths = [".spec.bogus", '.spec.ports[port=80,protocol="TCP"].wrong', ".spec.plain[1].x"];
  expect(withoutFields(service(), paths)["spec"]).toEqual({
    ports: [{ port: 80 }, { port: 81, protocol: "UDP", wrong: 2 }],
    plain: [{ x: 1 }, {}],
  });
});

test("an object that has none of them is the very same, so that nobody tries again in vain", () => {
  const object = service();
  for (const paths of [[], [".spec.other"], [".spec.ports[port=9].wrong"], ["nonsense"], [".spec.ports[port=80]"]]) {
    expect(withoutFields(object, paths)).toBe(object);
  }
  expect(object).toEqual(service());
});
