import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addressOf } from "../../../domain/routing/address.ts";
import { isFullRef, tracks } from "../../../domain/routing/ref.ts";
import { createRoutes, type Origin } from "../../../domain/routing/routes.ts";

const SHA = "0123456789abcdef0123456789abcdef01234567";

describe("tracks", () => {
  test.each([
    ["main", "refs/heads/main", true],
    ["main", "refs/tags/main", true],
    ["main", "refs/heads/maintenance", false],
    ["feature/x", "refs/heads/feature/x", true],
    ["refs/heads/main", "refs/heads/main", true],
    ["refs/heads/main", "refs/tags/main", false],
    ["v1.2.3", "refs/tags/v1.2.3", true],
    ["v1.2.3", "refs/tags/v1.2.4", false],
    ["^1.2", "refs/tags/v1.3.0", true],
    ["^1.2", "refs/tags/v2.0.0", false],
    ["1.x", "refs/tags/1.4.0", true],
    ["^1.2", "refs/heads/v1.3.0", false],
    ["^1.2", "refs/tags/nightly", false],
    ["HEAD", "refs/heads/any", true],
    ["", "refs/heads/any", true],
    ["HEAD", "refs/tags/v1", false],
    ["HEAD", "HEAD", true],
    ["main", "HEAD", false],
    [SHA, "refs/heads/main", false],
    [SHA, "*", false],
    ["main", "*", true],
    ["HEAD", "*", true],
    ["^1", "*", true],
  ] as const)("%j and %s: %s", (targetRevision, ref, expected) => {
    expect(tracks(targetRevision, ref)).toBe(expected);
  });

  test("HEAD follows only the default branch where that is known", () => {
    expect(tracks("HEAD", "refs/heads/main", "refs/heads/main")).toBe(true);
    expect(tracks("HEAD", "refs/heads/dev", "refs/heads/main")).toBe(false);
  });

  test("never throws", () => {
    fc.assert(fc.property(fc.string(), fc.string(), (target, ref) => typeof tracks(target, ref) === "boolean"));
  });

  test("a full ref has three parts and nothing git refuses", () => {
    expect(isFullRef("refs/heads/main")).toBe(true);
    for (const bad of ["refs/heads", "refs/heads/", "heads/main", "refs/heads/a..b", "refs/heads/a b", "-x"]) {
      expect(isFullRef(bad)).toBe(false);
    }
  });
});

describe("routes", () => {
  const origin = fc.record({
    repoURL: fc.constantFrom(
      "https://github.com/acme/shop",
      "git@github.com:acme/shop.git",
      "https://github.com/acme/blog",
      "not an address",
    ),
    targetRevision: fc.constantFrom("HEAD", "main", "dev", "^1", "v1.0.0", SHA),
  });
  const change = fc.record({
    name: fc.constantFrom("a", "b", "c", "d"),
    origin: fc.option(origin, { nil: undefined }),
  });
  const ref = fc.constantFrom("*", "HEAD", "refs/heads/main", "refs/heads/dev", "refs/tags/v1.0.0");

  test("find what a look at every application would, after any changes", () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), ref, (changes, pushed) => {
        const routes = createRoutes();
        const all = new Map<string, Origin>();
        for (const each of changes) {
          if (each.origin) {
            routes.set(each.name, each.origin);
            all.set(each.name, each.origin);
          } else {
            routes.delete(each.name);
            all.delete(each.name);
          }
        }
        const url = "https://github.com/Acme/shop.git";
        const expected = [...all]
          .filter(
            ([, { repoURL, targetRevision }]) =>
              addressOf(repoURL) === addressOf(url) && tracks(targetRevision, pushed),
          )
          .map(([name]) => name)
          .toSorted();
        expect(routes.concerned(url, pushed).map(({ name }) => name)).toEqual(expected);
        const known = [...all.values()].map(({ repoURL }) => addressOf(repoURL)).filter((each) => each !== undefined);
        expect(new Set(routes.addresses())).toEqual(new Set(known));
      }),
    );
  });

  test("follow what can move, each spelling of an address by itself", () => {
    const routes = createRoutes();
    routes.set("a", { repoURL: "https://github.com/acme/shop", targetRevision: "main" });
    routes.set("b", { repoURL: "git@github.com:acme/shop.git", targetRevision: "main" });
    routes.set("c", { repoURL: "https://github.com/acme/shop", targetRevision: SHA });
    expect(routes.followed("github.com/acme/shop")).toEqual([
      { repoURL: "git@github.com:acme/shop.git", targetRevision: "main" },
      { repoURL: "https://github.com/acme/shop", targetRevision: "main" },
    ]);
  });
});
