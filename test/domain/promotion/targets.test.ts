import { describe, expect, it } from "vitest";
import { placesIn, type Selectable, selects } from "../../../domain/promotion/targets.ts";
import { PipelineSpec } from "../../../schemas/kinds/pipeline.ts";

const app = (name: string, labels: Record<string, string> = {}, project = "default"): Selectable => ({
  name,
  labels,
  project,
});
const ALL = [
  app("shop-eu", { tier: "prod", region: "eu" }),
  app("shop-us", { tier: "prod", region: "us" }),
  app("shop-ap", { tier: "prod", region: "ap" }),
  app("shop-staging"),
  app("foreign", { tier: "prod" }, "team-b"),
];
const spec = (stage: object, project = "default") =>
  PipelineSpec.parse({ releaseSource: "shop", project, stages: [{ name: "prod", ...stage }] });

describe("the applications of a stage", () => {
  it("are selected by glob, by label, and by both where both are given", () => {
    expect(selects({ names: ["shop-*"] }, ALL[3]!)).toBe(true);
    expect(selects({ names: ["shop-*"], selector: "tier=prod" }, ALL[3]!)).toBe(false);
    expect(selects({ selector: "region in (eu,us)" }, ALL[1]!)).toBe(true);
    expect(selects({ selector: "((" }, ALL[1]!)).toBe(false);
  });

  it("are those of the pipeline's project only, in one wave, by name", () => {
    expect(placesIn(spec({ applications: { selector: "tier=prod" } }), "prod", ALL)).toEqual([
      { application: "shop-ap", wave: 0 },
      { application: "shop-eu", wave: 0 },
      { application: "shop-us", wave: 0 },
    ]);
    expect(placesIn(spec({ applications: { selector: "tier=prod" } }, "team-b"), "prod", ALL)).toEqual([
      { application: "foreign", wave: 0 },
    ]);
  });

  it("are each in the first wave that takes them", () => {
    const waves = [{ selector: "region=us" }, { names: ["shop-us", "shop-e*"] }, {}];
    expect(placesIn(spec({ applications: { selector: "tier=prod" }, waves }), "prod", ALL)).toEqual([
      { application: "shop-us", wave: 0 },
      { application: "shop-eu", wave: 1 },
      { application: "shop-ap", wave: 2 },
    ]);
  });

  it("are refused where there are none, and where no wave takes one", () => {
    expect(() => placesIn(spec({ applications: { names: ["none"] } }), "prod", ALL)).toThrow(
      "Stage prod selects no application of project default",
    );
    const waves = [{ selector: "region=us" }];
    expect(() => placesIn(spec({ applications: { selector: "tier=prod" }, waves }), "prod", ALL)).toThrow(
      "No wave of stage prod takes shop-ap, shop-eu",
    );
    expect(() => placesIn(spec({ applications: { names: ["*"] } }), "nowhere", ALL)).toThrow("no stage nowhere");
  });
});
