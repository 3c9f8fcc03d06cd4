import { describe, expect, it } from "vitest";
import { pinFor, pinnedCommit, type Pinnable } from "../../../domain/promotion/pin.ts";
import { type NamedRelease, releaseText } from "../../../domain/promotion/release-value.ts";
import { PromotionMethod } from "../../../schemas/kinds/promotion-method.ts";

const COMMIT = "1".repeat(40);
const OTHER = "2".repeat(40);
const DIGEST = `sha256:${"a".repeat(64)}`;
const WEB = { subscription: "web", repository: "ghcr.io/acme/web", tag: "1.10", digest: DIGEST };
const release = (content: Partial<NamedRelease["content"]> = {}): NamedRelease => ({
  release: "f".repeat(40),
  alias: "brave-otter",
  content: {
    commits: [{ subscription: "config", repoURL: "https://git.example/acme/config", commit: COMMIT, tag: "v3" }],
    images: [WEB],
    charts: [{ subscription: "base", repoURL: "oci://ghcr.io/acme/base", version: "2.0.0" }],
    ...content,
  },
});
const by = { pipeline: "shop", stage: "prod", promotion: "p-1", release: "f".repeat(40) };
const method = (pin?: object[]) => PromotionMethod.parse({ mode: "pin", ...(pin && { pin }) });
const target = (tool: Pinnable["tool"], repoURL = "git@git.example:acme/config.git"): Pinnable => ({
  application: "shop-eu",
  source: { repoURL },
  tool,
});

describe("what a release pins, without a list", () => {
  it("is the commit of the application's own repository, however it is spelled, and every image", () => {
    expect(pinFor(release(), method(), by, target("kustomize"))).toEqual({
      ...by,
      targetRevision: COMMIT,
      images: [`ghcr.io/acme/web@${DIGEST}`],
    });
  });

  it("is the commit alone where the tool knows no images", () => {
    for (const tool of ["helm", "directory"] as const) {
      expect(pinFor(release(), method(), by, target(tool))).toEqual({ ...by, targetRevision: COMMIT });
    }
  });

  it("is the images alone for an application of another repository, which follows its branch", () => {
    const elsewhere = target("kustomize", "https://git.example/acme/other");
    expect(pinFor(release(), method(), by, elsewhere)).toEqual({ ...by, images: [`ghcr.io/acme/web@${DIGEST}`] });
    expect(pinnedCommit(release(), method(), elsewhere)).toBeUndefined();
  });

  it("is refused where there is nothing, or more than one commit of the repository", () => {
    expect(() => pinFor(release(), method(), by, target("helm", "https://git.example/acme/other"))).toThrow(
      "has nothing that Application shop-eu takes over",
    );
    const two = release({
      commits: [
        { subscription: "a", repoURL: "https://git.example/acme/config", commit: COMMIT },
        { subscription: "b", repoURL: "https://git.example/acme/config.git", commit: OTHER },
      ],
    });
    expect(() => pinFor(two, method(), by, target("helm"))).toThrow("different commits");
    expect(pinFor(two, method([{ git: "b" }]), by, target("helm")).targetRevision).toBe(OTHER);
  });
});

describe("what a release pins, by a list", () => {
  it("is the image under the name it has in the manifests", () => {
    const pin = method([{ image: "web", kustomizeImage: "placeholder" }]);
    expect(pinFor(release(), pin, by, target("kustomize"))).toEqual({
      ...by,
      images: [`placeholder=ghcr.io/acme/web@${DIGEST}`],
    });
  });

  it("is a Helm parameter, always a string", () => {
    const pin = method([{ helmParameter: "image.tag", value: { image: "web", part: "tag" } }]);
    expect(pinFor(release(), pin, by, target("helm"))).toEqual({
      ...by,
      parameters: [{ name: "image.tag", value: "1.10", forceString: true }],
    });
  });

  it("is refused for an image that the tool can't take, and for what the release has not", () => {
    const image = method([{ git: "config" }, { image: "web" }]);
    expect(() => pinFor(release(), image, by, target("helm"))).toThrow("can't be pinned in Application shop-eu");
    expect(() => pinFor(release(), image, by, target("directory"))).toThrow("rendered by directory");
    expect(() => pinFor(release(), method([{ image: "db" }]), by, target("kustomize"))).toThrow(
      "Release brave-otter (ffffffffffff) carries no image db",
    );
    expect(() => pinFor(release(), method([{ git: "code" }]), by, target("kustomize"))).toThrow(
      "carries no commit code",
    );
  });
});

describe("a value of a release", () => {
  it.each([
    [{ image: "web" }, `ghcr.io/acme/web@${DIGEST}`],
    [{ image: "web", part: "tag" }, "1.10"],
    [{ image: "web", part: "digest" }, DIGEST],
    [{ image: "web", part: "repository" }, "ghcr.io/acme/web"],
    [{ git: "config" }, COMMIT],
    [{ git: "config", part: "tag" }, "v3"],
    [{ chart: "base" }, "2.0.0"],
    [{ chart: "base", format: "v{value}+{value}" }, "v2.0.0+2.0.0"],
  ] as const)("of %j is %s", (value, text) => {
    expect(releaseText(release(), value)).toBe(text);
  });

  it("is taken as it is, also with what a replacement would read", () => {
    const odd = release({ images: [{ ...WEB, tag: "$&-$1" }] });
    expect(releaseText(odd, { image: "web", part: "tag", format: "v{value}" })).toBe("v$&-$1");
  });

  it("is refused where the release has no such part", () => {
    const { tag: _, ...untagged } = WEB;
    expect(() => releaseText(release({ images: [untagged] }), { image: "web", part: "tag" })).toThrow("has no tag");
    expect(() => releaseText(release(), { chart: "base", part: "digest" })).toThrow("no part digest");
    expect(() => releaseText(release(), { git: "config", part: "version" })).toThrow("no part version");
  });
});
