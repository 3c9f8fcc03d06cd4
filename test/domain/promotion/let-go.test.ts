import { describe, expect, it } from "vitest";
import { letGo } from "../../../domain/promotion/let-go.ts";
import { PipelineSpec } from "../../../schemas/kinds/pipeline.ts";

const PIN = { pipeline: "shop", stage: "prod" };
const application = { name: "shop-eu", project: "default", labels: { tier: "prod" } };
const spec = (name: string, applications: object, project = "default") =>
  PipelineSpec.parse({ releaseSource: "shop", project, stages: [{ name, applications }] });

describe("a pinned application", () => {
  it("is kept while its stage selects it", () => {
    expect(letGo(PIN, spec("prod", { selector: "tier=prod" }), application)).toBeUndefined();
  });

  it("is let go when its stage selects others, or its pipeline is of another project", () => {
    const reason = "stage shop/prod does not select it any more";
    expect(letGo(PIN, spec("prod", { selector: "tier=test" }), application)).toBe(reason);
    expect(letGo(PIN, spec("prod", { names: ["shop-us"] }), application)).toBe(reason);
    expect(letGo(PIN, spec("prod", { names: ["*"] }, "other"), application)).toBe(reason);
  });

  it("stays pinned when its pipeline or its stage is gone: what runs is not changed by that", () => {
    expect(letGo(PIN, undefined, application)).toBeUndefined();
    expect(letGo(PIN, spec("production", { names: ["shop-us"] }), application)).toBeUndefined();
  });
});
