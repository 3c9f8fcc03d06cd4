import { describe, expect, it } from "vitest";
import { createInputs } from "../../../adapters/renderers/inputs.ts";
import { DEFAULT_LIMITS } from "../../../adapters/renderers/limits.ts";
import { Source } from "../../../schemas/kinds/source.ts";
import { memoryTree, type MemoryFile } from "./memory-tree.ts";

const FILES: Record<string, MemoryFile> = {
  "apps/a/kustomization.yaml": "resources: [../../base]\npatches: [{path: p.yaml}]\n",
  "apps/a/p.yaml": "p",
  "apps/a/README.md": "read me",
  "apps/b/kustomization.yaml": "resources: [../../base]\n",
  "base/kustomization.yaml": "resources: [cm.yaml]\n",
  "base/cm.yaml": "cm",
  "base/README.md": "read me",
  "plain/x.yaml": "x",
  "plain/sub/y.yaml": "y",
  "chart/Chart.yaml": "name: chart",
  "chart/values.yaml": "a: 1",
  "values/prod.yaml": "a: 2",
  "linked/x.yaml": { link: "../plain/x.yaml" },
};
const KUSTOMIZE = Source.parse({ repoURL: "https://host/repo", path: "apps/a" });
const OTHER = Source.parse({ repoURL: "https://host/repo", path: "apps/b" });
const PLAIN = Source.parse({ repoURL: "https://host/repo", path: "plain" });
const HELM = Source.parse({ repoURL: "https://host/repo", path: "chart", helm: { valueFiles: ["/values/prod.yaml"] } });
const LINKED = Source.parse({ repoURL: "https://host/repo", path: "linked" });

/** Whether a change of one file changes what a source's rendering reads; asked of a memory that knows the tree before, and of none. */
async function changes(source: Source, path: string, to: MemoryFile = "changed: true"): Promise<boolean> {
  const inputs = createInputs({ limits: DEFAULT_LIMITS, versions: {} });
  const before = await inputs.sourceDigest({ source, tree: memoryTree(FILES) });
  const tree = memoryTree({ ...FILES, [path]: to }, "1".repeat(40));
  const after = await inputs.sourceDigest({ source, tree });
  const fresh = await createInputs({ limits: DEFAULT_LIMITS, versions: {} }).sourceDigest({ source, tree });
  expect(after.digest).toBe(fresh.digest);
  return before.digest !== after.digest;
}

describe("the source digest changes with everything that rendering reads, and with nothing else", () => {
  it.each([
    [KUSTOMIZE, "apps/a/p.yaml", true],
    [KUSTOMIZE, "base/cm.yaml", true],
    [KUSTOMIZE, "apps/a/README.md", false],
    [KUSTOMIZE, "base/README.md", false],
    [KUSTOMIZE, "apps/b/kustomization.yaml", false],
    [OTHER, "apps/a/p.yaml", false],
    [OTHER, "base/cm.yaml", true],
    [PLAIN, "plain/x.yaml", true],
    [PLAIN, "plain/new.yaml", true],
    [PLAIN, "plain/sub/y.yaml", false],
    [PLAIN, "plain/README.md", false],
    [HELM, "chart/values.yaml", true],
    [HELM, "chart/templates/new.yaml", true],
    [HELM, "values/prod.yaml", true],
    [HELM, "values/dev.yaml", false],
    [LINKED, "plain/x.yaml", true],
    [LINKED, "plain/sub/y.yaml", false],
  ])("%#", async (source, path, expected) => {
    expect(await changes(source, path)).toBe(expected);
  });

  it("a new kustomization turns a directory into another tool's", async () => {
    expect(await changes(PLAIN, "plain/kustomization.yaml", "resources: [x.yaml]")).toBe(true);
  });

  it("options count, the target revision does not", async () => {
    const inputs = createInputs({ limits: DEFAULT_LIMITS, versions: {} });
    const digest = async (source: Source) => (await inputs.sourceDigest({ source, tree: memoryTree(FILES) })).digest;
    const first = await digest(PLAIN);
    expect(await digest({ ...PLAIN, targetRevision: "v2" })).toBe(first);
    expect(await digest({ ...PLAIN, directory: { include: "x.yaml" } })).not.toBe(first);
  });

  it("another version of the tool counts", async () => {
    const digest = async (helm: string) =>
      (
        await createInputs({ limits: DEFAULT_LIMITS, versions: { helm } }).sourceDigest({
          source: HELM,
          tree: memoryTree(FILES),
        })
      ).digest;
    expect(await digest("4.3.1")).not.toBe(await digest("4.3.2"));
  });
});

it("an unchanged source reads nothing again", async () => {
  const looked: boolean[] = [];
  const inputs = createInputs({ limits: DEFAULT_LIMITS, versions: {}, onLookup: (hit) => looked.push(hit) });
  for (const source of [KUSTOMIZE, HELM, PLAIN, LINKED]) await inputs.sourceDigest({ source, tree: memoryTree(FILES) });
  const tree = memoryTree({ ...FILES, "unrelated/x.yaml": "x", "apps/c/x.yaml": "x" }, "1".repeat(40));
  for (const source of [KUSTOMIZE, HELM, PLAIN, LINKED]) await inputs.sourceDigest({ source, tree });
  expect(looked).toEqual([false, false, false, false, true, true, true, true]);
  expect(tree.reads).toEqual({ blobs: 0, lists: 0 });
});

it("a directory on the way that becomes a symlink is noticed", async () => {
  const inputs = createInputs({ limits: DEFAULT_LIMITS, versions: {} });
  const files: Record<string, MemoryFile> = { "apps/a/x.yaml": "x", "other/a/x.yaml": "y" };
  const source = Source.parse({ repoURL: "https://host/repo", path: "apps/a" });
  const before = await inputs.sourceDigest({ source, tree: memoryTree(files) });
  const moved = memoryTree({ "other/a/x.yaml": "y", apps: { link: "other" } });
  const after = await inputs.sourceDigest({ source, tree: moved });
  expect(after.paths).toEqual(["apps", "other/a/x.yaml"]);
  expect(after.digest).not.toBe(before.digest);
});
