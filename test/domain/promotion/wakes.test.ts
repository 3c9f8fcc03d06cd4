import { describe, expect, test } from "vitest";
import { type KnownPipeline, stagesToWake, type WakingNews } from "../../../domain/promotion/wakes.ts";
import { pipelineOf } from "./world.ts";

const known = (name: string, stages: Parameters<typeof pipelineOf>, running: string[] = []): KnownPipeline => ({
  name,
  spec: pipelineOf(...stages),
  stages: stages.map((stage) => ({
    name: stage.name,
    queue: [],
    applications: { [`${stage.name}-old`]: {} },
    ...(running.includes(stage.name) && { running: `${stage.name}-1` }),
  })),
});

const SHOP: Parameters<typeof pipelineOf> = [
  { name: "staging", automatic: "newest" },
  { name: "prod", automatic: "newestVerified", rollback: { onFailedHealth: true } },
  { name: "archive" },
];

const woken = (news: Partial<WakingNews>, ...pipelines: KnownPipeline[]): string[] =>
  stagesToWake({ aggregate: "pipeline", name: "shop", types: [], stages: [], own: false, ...news }, pipelines).map(
    ({ pipeline, stage }) => `${pipeline}/${stage}`,
  );

describe("who is woken", () => {
  test("by what somebody asks of a stage: that stage, and nobody by what its own workflow says", () => {
    const asked = { types: ["PromotionRequested"], stages: ["prod"] };
    expect(woken(asked, known("shop", SHOP), known("other", SHOP))).toEqual(["shop/prod"]);
    expect(woken({ ...asked, own: true }, known("shop", SHOP))).toEqual([]);
  });

  test("by a release that is verified: the stages behind it, and whoever depends on it", () => {
    const gates = [{ name: "api", dependency: { pipeline: "shop", stage: "staging" } }];
    const verified = { types: ["ReleaseVerified"], stages: ["staging"], own: true };
    const other = known("other", [{ name: "edge", gates }, { name: "far" }]);
    expect(woken(verified, known("shop", SHOP), other)).toEqual(["shop/prod", "other/edge"]);
  });

  test("by a change of the pipeline: all of its stages", () => {
    expect(woken({ types: ["PipelineUpdated"] }, known("shop", SHOP))).toHaveLength(3);
  });

  test("by a new release: stages of its source that take releases by themselves, or are at work", () => {
    const news = { aggregate: "releasesource", name: "shop", types: ["ReleaseCreated"] } as const;
    expect(woken(news, known("shop", SHOP))).toEqual(["shop/staging", "shop/prod"]);
    expect(woken(news, known("shop", SHOP, ["archive"]))).toHaveLength(3);
    expect(woken({ ...news, name: "another" }, known("shop", SHOP))).toEqual([]);
  });

  test("by an application: stages at work that select it or promoted it", () => {
    const application = { name: "prod-a", project: "default", labels: {} };
    const news = { aggregate: "application", name: "prod-a", types: ["SyncSucceeded"], application } as const;
    expect(woken(news, known("shop", SHOP))).toEqual([]);
    expect(woken(news, known("shop", SHOP, ["staging", "prod"]))).toEqual(["shop/prod"]);
    expect(woken({ ...news, application: { ...application, project: "x" } }, known("shop", SHOP, ["prod"]))).toEqual(
      [],
    );
    expect(woken({ ...news, name: "prod-old" }, known("shop", SHOP, ["prod"]))).toEqual(["shop/prod"]);
  });

  test("by health that turns: also stages at rest that promoted the application", () => {
    const application = { name: "prod-old", project: "default", labels: {} };
    const news = { aggregate: "application", name: "prod-old", types: ["HealthChanged"], application } as const;
    expect(woken(news, known("shop", SHOP))).toEqual(["shop/prod"]);
    expect(woken({ ...news, types: ["SyncSucceeded"] }, known("shop", SHOP))).toEqual([]);
    expect(woken({ ...news, name: "prod-a" }, known("shop", SHOP))).toEqual([]);
  });

  test("by the line: whoever works, waits, or takes releases by itself", () => {
    const news = { aggregate: "system", name: "sluice", types: ["LineResumed"] } as const;
    expect(woken(news, known("shop", SHOP, ["archive"]))).toHaveLength(3);
    expect(woken(news, known("shop", SHOP))).toEqual(["shop/staging", "shop/prod"]);
  });

  test("by a policy: stages at work that name it; by an account: all at work", () => {
    const policy = { aggregate: "gatepolicy", name: "strict", types: ["GatePolicyUpdated"] } as const;
    const gates = [{ name: "strict", policy: "strict" }];
    const pipeline = known("shop", [{ name: "staging" }, { name: "prod", gates }], ["staging", "prod"]);
    expect(woken(policy, pipeline)).toEqual(["shop/prod"]);
    expect(woken({ aggregate: "account", name: "bob", types: ["AccountUpdated"] }, pipeline)).toHaveLength(2);
  });
});
