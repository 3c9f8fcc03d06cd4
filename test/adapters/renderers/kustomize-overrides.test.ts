import { describe, expect, it } from "vitest";
import { imageOf, withOverrides } from "../../../adapters/renderers/kustomize-overrides.ts";

describe("imageOf reads what `kustomize edit set image` reads", () => {
  it.each([
    ["nginx:1.27", { name: "nginx", newTag: "1.27" }],
    [
      "nginx=registry.example:5000/nginx:1.27",
      { name: "nginx", newName: "registry.example:5000/nginx", newTag: "1.27" },
    ],
    ["nginx=other", { name: "nginx", newName: "other" }],
    ["nginx@sha256:abc", { name: "nginx", digest: "sha256:abc" }],
    ["registry.example:5000/nginx@sha256:abc", { name: "registry.example:5000/nginx", digest: "sha256:abc" }],
    ["nginx=other@sha256:abc", { name: "nginx", newName: "other", digest: "sha256:abc" }],
  ])("%s", (text, image) => {
    expect(imageOf(text)).toEqual(image);
  });
});

it("lays a source's overrides over a kustomization", () => {
  const content = {
    namePrefix: "old-",
    resources: ["a.yaml"],
    images: [
      { name: "nginx", newTag: "1" },
      { name: "redis", newTag: "7" },
    ],
    replicas: [{ name: "web", count: 1 }],
    commonLabels: { team: "a", tier: "web" },
    components: ["one"],
  };
  expect(
    withOverrides(content, {
      namePrefix: "new-",
      namespace: "ns",
      images: ["nginx:2"],
      replicas: [{ name: "web", count: "3" }],
      commonLabels: { team: "b" },
      commonAnnotations: { note: "x" },
      components: ["two"],
      patches: [{ patch: "p" }],
    }),
  ).toEqual({
    namePrefix: "new-",
    namespace: "ns",
    resources: ["a.yaml"],
    images: [
      { name: "redis", newTag: "7" },
      { name: "nginx", newTag: "2" },
    ],
    replicas: [{ name: "web", count: 3 }],
    commonLabels: { team: "b", tier: "web" },
    commonAnnotations: { note: "x" },
    components: ["one", "two"],
    patches: [{ patch: "p" }],
  });
  expect(content.namePrefix).toBe("old-");
});

it("adds labels without selectors where asked", () => {
  expect(withOverrides({}, { commonLabels: { a: "b" }, labelWithoutSelector: true })).toEqual({
    labels: [{ pairs: { a: "b" }, includeSelectors: false }],
  });
});

it("leaves a kustomization alone without overrides", () => {
  const content = { resources: [] };
  expect(withOverrides(content, undefined)).toBe(content);
  expect(withOverrides(content, {})).toBe(content);
});
