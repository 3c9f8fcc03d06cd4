import fc from "fast-check";
import { prerelease, rcompare, satisfies, valid } from "semver";
import { describe, expect, it } from "vitest";
import { newEffort } from "../../../domain/pattern/pattern.ts";
import { imageAddress, parseImageName } from "../../../domain/release/image-name.ts";
import { selectTags, type TagSelection } from "../../../domain/release/select-tag.ts";
import { createSubscribed } from "../../../domain/release/subscribed.ts";
import { ReleaseSourceSpec } from "../../../schemas/kinds/release-source.ts";

const select = (tags: readonly string[], selection: TagSelection): string[] => selectTags(tags, selection, newEffort());
const version = fc
  .tuple(fc.nat(3), fc.nat(3), fc.nat(12), fc.constantFrom("", "", "-rc.1", "-rc.2", "-alpha"))
  .map(([major, minor, patch, pre]) => `${major}.${minor}.${patch}${pre}`);

describe("the newest by version", () => {
  it("is the highest that fits, in the order that semver has", () => {
    const range = fc.constantFrom(undefined, "^1.0.0", ">=1.2.0 <3.0.0", "~2.1", "2.x", ">=1.0.0-rc.1");
    fc.assert(
      fc.property(fc.uniqueArray(version, { maxLength: 20 }), range, (tags, semverConstraint) => {
        const found = select(tags, { strategy: "SemVer", semverConstraint });
        expect(found).toEqual(found.toSorted(rcompare));
        const allows = (tag: string): boolean =>
          semverConstraint === undefined
            ? prerelease(tag) === null
            : satisfies(tag, semverConstraint, { includePrerelease: semverConstraint.includes("-rc") }) &&
              (prerelease(tag) === null || semverConstraint.includes("-rc"));
        expect(new Set(found)).toEqual(new Set(tags.filter(allows)));
      }),
    );
  });

  it("does not depend on the order in which tags are listed", () => {
    const tag = fc.oneof(
      version,
      version.map((text) => `v${text}`),
      fc.constantFrom("latest", "1", "1.2", "main-7"),
    );
    fc.assert(
      fc.property(fc.uniqueArray(tag, { maxLength: 20 }), (tags) => {
        const found = select(tags, { strategy: "SemVer", semverConstraint: ">=0.0.0" });
        expect(select(tags.toReversed(), { strategy: "SemVer", semverConstraint: ">=0.0.0" })).toEqual(found);
        expect(found.every((each) => valid(each) !== null || /^\d+(\.\d+)?$/.test(each))).toBe(true);
      }),
    );
  });

  it.each([
    [["1.0.0", "1.1.0-rc.1"], undefined, ["1.0.0"]],
    [["1.0.0", "1.1.0-rc.1"], ">=1.0.0-0", ["1.1.0-rc.1", "1.0.0"]],
    [["v1.2.0", "1.10.0", "1.9.0", "latest", "sha-abc"], undefined, ["1.10.0", "1.9.0", "v1.2.0"]],
    [["1.0.0", "1.0.0+build.2"], undefined, ["1.0.0+build.2", "1.0.0"]],
  ])("%j with %s is %j", (tags, semverConstraint, expected) => {
    expect(select(tags, { strategy: "SemVer", semverConstraint })).toEqual(expected);
  });
});

describe("filters", () => {
  it("leave what is allowed and not ignored, whatever the strategy", () => {
    const tags = fc.uniqueArray(fc.stringMatching(/^[a-c][0-9]{1,2}$/), { maxLength: 20 });
    fc.assert(
      fc.property(tags, fc.constantFrom("Lexical", "Any"), (all, strategy) => {
        const ignoreTags = all.slice(0, 2);
        const found = select(all, { strategy: strategy as "Any", allowTags: "^[ab]", ignoreTags });
        expect(new Set(found)).toEqual(new Set(all.filter((tag) => /^[ab]/.test(tag) && !ignoreTags.includes(tag))));
        if (strategy === "Lexical") expect(found).toEqual(found.toSorted().toReversed());
      }),
    );
  });

  it.each([
    [{ allowTags: "(" }, 'The regular expression "(" is not valid'],
    [{ semverConstraint: "newest" }, 'The semver constraint "newest" is none.'],
  ])("that are none are bad input: %j", (more, message) => {
    expect(() => select(["1.0.0"], { strategy: "SemVer", ...more })).toThrow(message);
  });
});

describe("names of images", () => {
  it.each([
    ["nginx", "docker.io/library/nginx"],
    ["acme/web", "docker.io/acme/web"],
    ["index.docker.io/acme/web", "docker.io/acme/web"],
    ["ghcr.io/acme/web", "ghcr.io/acme/web"],
    ["GHCR.io/acme/web", "ghcr.io/acme/web"],
    ["localhost:5000/web", "localhost:5000/web"],
    ["oci://registry.example/charts/web", "registry.example/charts/web"],
    ["registry.example/a/b__c/d-e.f", "registry.example/a/b__c/d-e.f"],
  ])("%s is %s", (name, address) => expect(imageAddress(name)).toBe(address));

  it.each([
    "",
    "/",
    "ghcr.io/",
    "ghcr.io/Acme",
    "ghcr.io/a b",
    "ghcr.io/../etc",
    "a@b/c",
    "ghcr.io/web:1.0",
    "ghcr.io/web?x",
    "-a.b/c",
  ])("%s is none", (name) => expect(parseImageName(name)).toBeUndefined());
});

describe("who looks at what", () => {
  const spec = (...subscriptions: object[]): ReleaseSourceSpec =>
    ReleaseSourceSpec.parse({ subscriptions: subscriptions.map((each, index) => ({ name: `s${index}`, ...each })) });
  const subscribed = createSubscribed();
  const git = { repoURL: "https://git.example/acme/shop.git" };
  subscribed.set("head", spec({ git }));
  subscribed.set("main", spec({ git: { ...git, branch: "main" } }, { image: { repoURL: "acme/web" } }));
  subscribed.set("tags", spec({ git: { ...git, repoURL: "git@git.example:acme/shop.git", strategy: "SemVer" } }));
  subscribed.set("chart", spec({ chart: { repoURL: "oci://ghcr.io/acme/charts/web" } }));

  it.each([
    ["refs/heads/main", ["head", "main"]],
    ["refs/heads/topic", ["head"]],
    ["refs/tags/v1.0.0", ["tags"]],
    ["*", ["head", "main", "tags"]],
  ])("a push to %s concerns %j", (ref, sources) => {
    expect(subscribed.toRepository("https://git.example/acme/shop", ref)).toEqual(sources);
  });

  it("an image or chart concerns those that follow it, and no more once they are gone", () => {
    expect(subscribed.toImage("docker.io/acme/web")).toEqual(["main"]);
    expect(subscribed.toImage("ghcr.io/acme/charts/web")).toEqual(["chart"]);
    expect(subscribed.toImage("ghcr.io/acme/other")).toEqual([]);
    subscribed.set("main", spec({ git }));
    expect(subscribed.toImage("docker.io/acme/web")).toEqual([]);
    subscribed.delete("head");
    expect(subscribed.toRepository(git.repoURL, "refs/heads/topic")).toEqual(["main"]);
  });
});
