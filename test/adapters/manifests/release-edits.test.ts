import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { setDependency } from "../../../adapters/manifests/chart-dependency.ts";
import { setImages } from "../../../adapters/manifests/kustomize-images.ts";
import { segmentsOf, setValue } from "../../../adapters/manifests/set-value.ts";

const VALUES = `# Values of the shop.
defaults: &defaults
  pullPolicy: Always   # always
image:
  <<: *defaults
  repository: ghcr.io/acme/web # where it is
  tag: 1.9    # a number, for YAML
sidecars:
- {name: log, image: "log:1"} # flow
- name: proxy
  image: 'proxy:1'
annotations:
  app.kubernetes.io/version: "1.9"
empty:
both: *defaults
`;

describe("one value of a file", () => {
  it.each([
    ["image.repository", "ghcr.io/acme/shop", "ghcr.io/acme/web #", "ghcr.io/acme/shop #"],
    ["image.tag", "1.10", "tag: 1.9 ", 'tag: "1.10" '],
    ["image.tag", "v2", "tag: 1.9 ", "tag: v2 "],
    ["sidecars.0.image", "log:2", '"log:1"', '"log:2"'],
    ["sidecars.1.image", "proxy:2", "'proxy:1'", "'proxy:2'"],
    ["annotations.app\\.kubernetes\\.io/version", "1.10", '"1.9"', '"1.10"'],
    ["empty", "now", "empty:", "empty: now"],
  ])("at %s changes nothing but its own characters", (key, value, old, now) => {
    expect(setValue(VALUES, { key, value })).toEqual({ text: VALUES.replace(old, () => now) });
  });

  it("is set in the document that is meant, with the line ends and the mark of the file", () => {
    const text = "\uFEFFa: 1 # one\r\n---\r\na: 'x'\r\n";
    expect(setValue(text, { key: "a", document: 1, value: "y" })).toEqual({ text: text.replace("'x'", "'y'") });
  });

  it("is set in JSON too", () => {
    const text = '{\n\t"image": {"tag": "1", "big": 12345678901234567890}\n}\n';
    expect(setValue(text, { key: "image.tag", value: 'a"b' })).toEqual({ text: text.replace('"1"', '"a\\"b"') });
  });

  it.each([
    ["image.none", "it has no image.none", 5],
    ["image", "image is no single value", 5],
    ["image.pullPolicy", "it has no image.pullPolicy", 5],
    ["sidecars.7.image", "it has no sidecars.7", 9],
    ["both.pullPolicy", "change what it stands for", 15],
    ["defaults.pullPolicy", "which an alias repeats elsewhere", 3],
  ])("at %s is refused, with its line", (key, message, line) => {
    expect(setValue(VALUES, { key, value: "x" })).toEqual({ refused: expect.stringContaining(message), line });
  });

  it("is refused in a block of text, with a tag, in a file that is no YAML, and in a document that is not there", () => {
    expect(setValue("a: |\n  text\n", { key: "a", value: "x" })).toMatchObject({
      refused: expect.stringContaining("block"),
    });
    expect(setValue("a: !!str 1\n", { key: "a", value: "x" })).toMatchObject({
      refused: expect.stringContaining("tag"),
    });
    expect(setValue("a: [1\nb: 2\n", { key: "a", value: "x" })).toMatchObject({
      refused: expect.stringContaining("no YAML"),
      line: 2,
    });
    expect(setValue("a: 1\na: 2\n", { key: "a", value: "x" })).toMatchObject({
      refused: expect.stringContaining("no YAML"),
      line: 2,
    });
    expect(setValue("a: 1\n", { key: "a", document: 1, value: "x" })).toEqual({
      refused: "it has 1 documents, and none with the index 1",
    });
  });

  it("reads back as what was asked for, whatever stands beside it", () => {
    const key = fc.stringMatching(/^[a-z]{1,6}$/);
    const beside = fc.dictionary(key, fc.oneof(fc.string(), fc.integer(), fc.array(fc.string(), { maxLength: 3 })));
    fc.assert(
      fc.property(beside, fc.string(), fc.string(), (others, old, value) => {
        const text = stringify({ ...others, image: { tag: old } }, { version: "1.1" });
        const set = setValue(text, { key: "image.tag", value });
        if ("refused" in set) return expect(set.refused).toMatch(/block of text|without changing/);
        const again = setValue(set.text, { key: "image.tag", value: old });
        expect(setValue("text" in again ? again.text : "", { key: "image.tag", value })).toEqual(set);
      }),
    );
  });

  it("has a path whose dots can be escaped", () => {
    expect(segmentsOf("a.b\\.c.0")).toEqual(["a", "b.c", "0"]);
    expect(segmentsOf("a\\\\.b")).toEqual(["a\\", "b"]);
  });
});

const DIGEST = `sha256:${"a".repeat(64)}`;
const KUSTOMIZATION = `# The shop.
resources:
- ../base   # all of it

images:
# what the pipeline sets
- name: web
  newName: ghcr.io/acme/web # ours
  newTag: "1.9"
- name: other
  newTag: "3"
`;

describe("the images of a kustomization", () => {
  it("are changed where they stand, comments, order and indentation kept", () => {
    const set = setImages(KUSTOMIZATION, [{ name: "web", repository: "ghcr.io/acme/web", tag: "1.10" }]);
    expect(set).toEqual({ text: KUSTOMIZATION.replace('"1.9"', '"1.10"') });
  });

  it("get a digest in the place of a tag, on the same line", () => {
    const set = setImages(KUSTOMIZATION, [{ name: "web", repository: "ghcr.io/acme/web", digest: DIGEST }]);
    expect(set).toEqual({ text: KUSTOMIZATION.replace('newTag: "1.9"', `digest: "${DIGEST}"`) });
    const back = setImages((set as { text: string }).text, [
      { name: "web", repository: "ghcr.io/acme/web", tag: "1.9" },
    ]);
    expect(back).toEqual({ text: KUSTOMIZATION });
  });

  it("are added at the end where others are, every comment and the order kept", () => {
    const set = setImages(KUSTOMIZATION, [{ name: "r/new", repository: "r/new", digest: DIGEST }]);
    const text = KUSTOMIZATION.replace("../base   #", "../base #");
    expect(set).toEqual({ text: `${text}- name: r/new\n  digest: ${DIGEST}\n` });
  });

  it("are added where there are none", () => {
    expect(setImages("resources:\n  - a.yaml # a\n", [{ name: "web", repository: "r/web", tag: "2" }])).toEqual({
      text: 'resources:\n  - a.yaml # a\nimages:\n  - name: web\n    newName: r/web\n    newTag: "2"\n',
    });
  });

  it("that are as wanted leave the file as it is, to the last character", () => {
    const odd = "images:   [ {name: web,   newTag: '2'} ]\n\n\n# end";
    expect(setImages(odd, [{ name: "web", repository: "web", tag: "2" }])).toEqual({ text: odd });
  });

  it("are refused where they are shared, twice there, or no list", () => {
    const image = [{ name: "web", repository: "web", tag: "2" }];
    expect(setImages("images: &i\n- name: web\nx: *i\n", image)).toMatchObject({
      refused: expect.stringContaining("&i"),
    });
    expect(setImages("images:\n- name: web\n- name: web\n", image)).toMatchObject({
      refused: expect.stringContaining("write them as a plain list"),
    });
    expect(setImages("images: {}\n", image)).toMatchObject({ refused: expect.stringContaining("no plain list") });
    expect(setImages("- a\n", image)).toMatchObject({ refused: "it is no kustomization" });
    expect(setImages("a: [\n", image)).toMatchObject({ refused: expect.stringContaining("no YAML") });
  });
});

describe("a chart's dependency", () => {
  const CHART = `apiVersion: v2
name: shop
version: 0.1.0
dependencies:
  - name: base   # ours
    version: 1.0.0
    repository: oci://ghcr.io/acme
  - name: base
    alias: second
    version: "1.0.0" # pinned
    repository: oci://ghcr.io/acme
`;

  it("has its version set, by its alias where it has one", () => {
    expect(setDependency(CHART, { name: "base", version: "2.0.0" })).toEqual({
      text: CHART.replace("version: 1.0.0", "version: 2.0.0"),
    });
    expect(setDependency(CHART, { name: "second", version: "2.0.0" })).toEqual({
      text: CHART.replace('"1.0.0"', '"2.0.0"'),
    });
  });

  it("is refused where there is none", () => {
    expect(setDependency(CHART, { name: "redis", version: "2" })).toEqual({ refused: "it has no dependency redis" });
  });
});
