import { expect, test } from "vitest";
import { ownerOf } from "../../../domain/sync/tracking.ts";
import { configMap, tracked } from "./objects.ts";

test("the tracking id names the owner", () => {
  expect(ownerOf(tracked(configMap("a"), "shop", "u"))).toBe("shop");
});

test("an id that names another object came with a copy and is ignored", () => {
  const copy = tracked(configMap("a"), "shop", "u");
  expect(ownerOf({ ...copy, metadata: { ...copy.metadata, name: "b" } })).toBeUndefined();
  expect(ownerOf({ ...copy, metadata: { ...copy.metadata, namespace: "elsewhere" } })).toBeUndefined();
  expect(ownerOf({ ...copy, kind: "Secret" })).toBeUndefined();
});

test("the version of the object plays no part", () => {
  const object = tracked({ ...configMap("a"), apiVersion: "apps/v1" }, "shop", "u");
  expect(ownerOf({ ...object, apiVersion: "apps/v2" })).toBe("shop");
});

test.each(["", "shop", "shop:ConfigMap", ":/ConfigMap:shop/a", 5, null])("%j is no tracking id", (text) => {
  const object = configMap("a");
  object.metadata.annotations = { "sluice.dev/tracking-id": text as string };
  expect(ownerOf(object)).toBeUndefined();
});
