import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkOwn } from "../../../domain/configuration/own.ts";

const application = (source: object, more: object = {}) => ({
  metadata: { name: "web" },
  spec: { source: { repoURL: "https://git.example/shop.git", ...source }, ...more },
});
const places = (kind: string, object: unknown) => checkOwn(kind, object).map(({ path }) => path.join("/"));

describe("what is wrong with an application by itself", () => {
  test.each(["../etc", "/etc", "a/../../b", "a\\b", ".git/hooks", "a\u0000b"])("the path %j", (path) => {
    expect(places("Application", application({ path }))).toEqual(["spec/source/path"]);
  });
  test.each(["a..b", "-x", "--upload-pack=x", "a b", "a~1", "x.lock", "a//b"])("the revision %j", (targetRevision) => {
    expect(places("Application", application({ targetRevision }))).toEqual(["spec/source/targetRevision"]);
  });
  test.each(["file:///etc", "ext::sh", "-x", "https://a:b@h/x", "not-an-address"])("the address %j", (repoURL) => {
    const found = checkOwn("Application", application({ repoURL }));
    expect(found).toMatchObject([{ path: ["spec", "source", "repoURL"] }]);
    expect(JSON.stringify(found)).not.toContain("a:b@");
  });
  test.each(["", ".", "apps/a", "a..b/c"])("but not the path %j", (path) => {
    expect(places("Application", application({ path }))).toEqual([]);
  });
  test.each(["HEAD", "", "main", "feature/x", "v1.2.3", "^1.2", ">=1 <2", "1.x", "a".repeat(40)])(
    "but not the revision %j",
    (targetRevision) => {
      expect(places("Application", application({ targetRevision }))).toEqual([]);
    },
  );
});

describe("labels that the API server would refuse", () => {
  test("are found wherever they stand", () => {
    const bad = { "a b": "x", team: "no spaces", "example.com/tier": "web", "Up.er/x": "1", empty: "" };
    const object = {
      ...application({ kustomize: { commonLabels: { "-x": "y" } } }),
      metadata: { labels: bad },
    };
    expect(places("Application", object)).toEqual([
      "metadata/labels/a b",
      "metadata/labels/team",
      "metadata/labels/Up.er/x",
      "spec/source/kustomize/commonLabels/-x",
    ]);
    expect(places("Project", { metadata: { labels: { team: "a".repeat(64) } } })).toEqual(["metadata/labels/team"]);
  });
});

test("a repository's address is checked, one of an organisation too", () => {
  expect(places("Repository", { spec: { url: "file:///x" } })).toEqual(["spec/url"]);
  expect(places("Repository", { spec: { url: "https://git.example", match: "prefix" } })).toEqual([]);
  expect(places("Repository", { spec: { url: "https://git.example" } })).toEqual(["spec/url"]);
});

test("an object of any shape is read", () => {
  fc.assert(
    fc.property(fc.constantFrom("Application", "Repository", "Project", "x"), fc.anything(), (kind, spec) => {
      expect(Array.isArray(checkOwn(kind, { spec, metadata: { labels: spec } }))).toBe(true);
      expect(Array.isArray(checkOwn(kind, spec))).toBe(true);
    }),
  );
});
