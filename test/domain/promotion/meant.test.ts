import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  isStepBack,
  releaseBefore,
  releaseDue,
  releaseNamed,
  stageNamed,
  stagesBefore,
} from "../../../domain/promotion/meant.ts";
import { PipelineSpec } from "../../../schemas/kinds/pipeline.ts";

const release = (digit: string, alias: string) => ({ release: digit.repeat(40), alias });
const [OTTER, FOX, HARE] = [release("a", "brave-otter"), release("b", "calm-fox"), release("c", "deft-hare")];
/** Newest first. */
const RELEASES = [OTTER, FOX, HARE];
const stage = (name: string, more: object = {}) => ({ name, applications: { names: [name] }, ...more });
const spec = (...stages: object[]) => PipelineSpec.parse({ releaseSource: "shop", stages });
const LINE = spec(stage("staging"), stage("prod"));
const at = "2026-01-01T00:00:00Z";
const history = (...verified: { release: string }[]) => ({
  verified: verified.map(({ release: id }) => ({ release: id, promotion: "p", at })),
  excluded: [],
});

describe("a release is named", () => {
  it.each([
    ["brave-otter", OTTER],
    ["aaaaaaa", OTTER],
    [FOX.release, FOX],
  ])("by %s", (name, meant) => {
    expect(releaseNamed(name, RELEASES, "shop")).toBe(meant);
  });

  it("not by less than 7 digits, and the answer says so", () => {
    expect(() => releaseNamed("aaaaaa", RELEASES, "shop")).toThrow(/no release aaaaaa; of an id at least 7 digits/);
  });

  it("not by the beginning of several", () => {
    const twins = [OTTER, { release: `${"a".repeat(39)}0`, alias: "loud-owl" }];
    expect(() => releaseNamed("aaaaaaaa", twins, "shop")).toThrow(/several releases: brave-otter .*, loud-owl/);
    expect(releaseNamed(OTTER.release, twins, "shop")).toBe(OTTER);
  });

  it("not by part of an alias", () => {
    expect(() => releaseNamed("brave-o", RELEASES, "shop")).toThrow(/has no release brave-o$/);
  });
});

describe("the stages before one", () => {
  it("are the one before it in the file, what `after` says, or none", () => {
    expect(stagesBefore(LINE, "staging")).toEqual([]);
    expect(stagesBefore(LINE, "prod")).toEqual(["staging"]);
    const graph = spec(stage("a"), stage("b", { after: [] }), stage("c", { after: ["a", "b"] }));
    expect(stagesBefore(graph, "b")).toEqual([]);
    expect(stagesBefore(graph, "c")).toEqual(["a", "b"]);
  });

  it("are asked of stages that are there", () => {
    expect(stageNamed(LINE, "shop", "prod").name).toBe("prod");
    expect(() => stageNamed(LINE, "shop", "production")).toThrow(/Pipeline shop has no stage production/);
  });
});

describe("the release that is due", () => {
  const due = (name: string, stages: object, releases = RELEASES, of = LINE) =>
    releaseDue({ pipeline: "shop", spec: of, stages: stages as never }, name, releases);

  it("is the newest for a first stage", () => {
    expect(due("staging", {})).toBe(OTTER);
  });

  it("is the newest that was verified before", () => {
    expect(due("prod", { staging: history(HARE, FOX) })).toBe(FOX);
  });

  it("is none that is excluded in the stage", () => {
    const excluded = { ...history(), excluded: [{ release: OTTER.release }] };
    expect(due("staging", { staging: excluded })).toBe(FOX);
  });

  it("has to be verified in all stages before, or in any where that is enough", () => {
    const stages = { a: history(OTTER, HARE), b: history(FOX, HARE) };
    const all = spec(stage("a"), stage("b", { after: [] }), stage("c", { after: ["a", "b"] }));
    const any = spec(stage("a"), stage("b", { after: [] }), stage("c", { after: ["a", "b"], afterAny: true }));
    expect(due("c", stages, RELEASES, all)).toBe(HARE);
    expect(due("c", stages, RELEASES, any)).toBe(OTTER);
  });

  it("is none where none was verified, or none was made", () => {
    expect(() => due("prod", {})).toThrow(/No release is verified in staging/);
    expect(() => due("staging", {}, [])).toThrow(/ReleaseSource shop has no release yet/);
  });

  it("is always verified before, and never excluded", () => {
    const some = fc.subarray(RELEASES);
    fc.assert(
      fc.property(some, some, (verified, excluded) => {
        const stages = { staging: history(...verified), prod: { ...history(), excluded } };
        const allowed = verified.filter((one) => !excluded.includes(one));
        if (allowed.length === 0) expect(() => due("prod", stages)).toThrow();
        else expect(allowed).toContain(due("prod", stages));
      }),
    );
  });
});

describe("the release that a stage goes back to", () => {
  const place = { pipeline: "shop", stage: "prod", leaving: OTTER.release };
  it("is the newest verified one that is neither left nor excluded", () => {
    expect(releaseBefore(place, history(HARE, FOX, OTTER))).toBe(FOX.release);
    const without = { ...history(HARE, FOX, OTTER), excluded: [{ release: FOX.release }] };
    expect(releaseBefore(place, without)).toBe(HARE.release);
  });

  it("is none where nothing else was verified", () => {
    expect(() => releaseBefore(place, history(OTTER))).toThrow(/No other release was verified in stage prod/);
    expect(() => releaseBefore(place, undefined)).toThrow(/No other release/);
  });
});

it("a step back is one to what is older than what runs", () => {
  const runs = (id: string) => ({ ...history(), current: { release: id, promotion: "p", at } });
  expect(isStepBack(runs(FOX.release), HARE.release, RELEASES)).toBe(true);
  expect(isStepBack(runs(FOX.release), OTTER.release, RELEASES)).toBe(false);
  expect(isStepBack(runs(FOX.release), FOX.release, RELEASES)).toBe(false);
  expect(isStepBack(runs(FOX.release), "forgotten", RELEASES)).toBe(true);
  expect(isStepBack(undefined, HARE.release, RELEASES)).toBe(false);
});
