import { describe, expect, it } from "vitest";
import {
  configReferences,
  isRemoteReference,
  kustomizationReferences,
  refusedKustomization,
} from "../../../domain/source/kustomization.ts";

describe("kustomizationReferences", () => {
  it("finds everything that a build reads, with where it stands", () => {
    const references = kustomizationReferences({
      resources: ["a.yaml", "../base"],
      bases: ["../old"],
      components: ["../component"],
      crds: ["crd.yaml"],
      configurations: ["names.yaml"],
      patchesStrategicMerge: ["smp.yaml"],
      patchesJson6902: [{ path: "p.json" }],
      patches: [{ path: "patch.yaml" }, { patch: "inline" }],
      replacements: [{ path: "r.yaml" }, { source: {} }],
      generators: ["g.yaml"],
      transformers: ["t.yaml"],
      validators: ["v.yaml"],
      configMapGenerator: [{ files: ["f.txt", "key=g.txt"], envs: ["e.env"], env: "old.env" }],
      secretGenerator: [{ files: ["s.txt"] }],
      openapi: { path: "schema.json" },
    });
    expect(references.map(({ field, value, as }) => `${field} ${value} ${as}`)).toEqual([
      "resources[0] a.yaml resource",
      "resources[1] ../base resource",
      "bases[0] ../old resource",
      "components[0] ../component component",
      "crds[0] crd.yaml file",
      "configurations[0] names.yaml file",
      "patchesStrategicMerge[0] smp.yaml patch",
      "patchesJson6902[0].path p.json file",
      "patches[0].path patch.yaml file",
      "replacements[0].path r.yaml file",
      "generators[0] g.yaml config",
      "transformers[0] t.yaml config",
      "validators[0] v.yaml config",
      "configMapGenerator[0].files[0] f.txt file",
      "configMapGenerator[0].files[1] g.txt file",
      "configMapGenerator[0].envs[0] e.env file",
      "configMapGenerator[0].env old.env file",
      "secretGenerator[0].files[0] s.txt file",
      "openapi.path schema.json file",
    ]);
  });

  it.each([null, 5, "text", [], { resources: "x" }, { resources: [5, null, {}] }, { patches: ["x"] }])(
    "takes %j",
    (content) => {
      expect(kustomizationReferences(content)).toEqual([]);
    },
  );

  it("finds the files of a generator's own configuration", () => {
    expect(configReferences({ kind: "ConfigMapGenerator", files: ["x"], path: "y" }).map(({ value }) => value)).toEqual(
      ["y", "x"],
    );
  });
});

it.each(["helmCharts", "helmChartInflationGenerator", "helmGlobals"])("refuses %s", (field) => {
  expect(refusedKustomization({ [field]: [] })).toContain(field);
});

describe("isRemoteReference", () => {
  it.each([
    "https://example.com/x.yaml",
    "http://example.com/x.yaml",
    "HTTPS://example.com/x",
    "git::https://example.com/x",
    "git@github.com:org/repo",
    "ssh://git@host/repo",
    "github.com/org/repo//base?ref=v1",
    "github.com:org/repo",
    "org/repo.git",
    "org/repo.git//sub",
    "anything?ref=main",
    "file:///etc",
  ])("%s is", (value) => {
    expect(isRemoteReference(value)).toBe(true);
  });
  it.each(["../base", "a.yaml", "./x/y", "base//x", "apps/github.com/x", "my.gitops/x", "a@b.yaml"])(
    "%s is not",
    (value) => {
      expect(isRemoteReference(value)).toBe(false);
    },
  );
});
