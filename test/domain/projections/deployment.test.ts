import { describe, expect, test } from "vitest";
import { project, type Rows } from "../../../domain/projections/project.ts";
import type { DomainEvent } from "../../../schemas/events/index.ts";
import { PipelineSpec } from "../../../schemas/kinds/pipeline.ts";
import type { DeploymentView } from "../../../schemas/promotion-views.ts";
import { recorded } from "./events.ts";

const spec = PipelineSpec.parse({
  releaseSource: "shop",
  stages: [
    { name: "staging", applications: { names: ["shop-staging"] } },
    { name: "prod", applications: { names: ["shop-prod"] } },
  ],
});
const trigger = { type: "manual", actor: { kind: "user", name: "ada" }, cause: "c" } as const;
const of = (promotion: string, stage = "prod") => ({ promotion, stage, release: "r1" });
const requested = (promotion: string, stage = "prod"): DomainEvent => ({
  type: "PromotionRequested",
  data: { ...of(promotion, stage), trigger, requestedAt: "t0" },
});

function deployments(...events: DomainEvent[]): Record<string, DeploymentView> {
  const table = new Map<string, unknown>();
  const rows: Rows = {
    get: (view, key) => table.get(`${view} ${key}`) as never,
    set: (view, key, value) => void table.set(`${view} ${key}`, value),
    remove: (view, key) => void table.delete(`${view} ${key}`),
  };
  const created: DomainEvent = {
    type: "ReleaseCreated",
    data: {
      release: "r1",
      alias: "brave-otter",
      content: { commits: [], images: [], charts: [] },
      commits: [
        { subscription: "m", commit: "c", subject: "s", author: { name: "a", email: "e" }, at: "made", tickets: [] },
      ],
      origin: "webhook",
      by: { kind: "system", name: "sluice" },
      at: "t",
    },
  };
  for (const one of recorded({ type: "releasesource", name: "shop" }, [created])) project(rows, one);
  const configured: DomainEvent = { type: "PipelineCreated", data: { spec, labels: {}, annotations: {} } };
  for (const one of recorded({ type: "pipeline", name: "shop" }, [configured, ...events], 2)) project(rows, one);
  return Object.fromEntries(
    [...table].filter(([key]) => key.startsWith("deployments ")).map(([key, value]) => [key.slice(12), value]),
  ) as Record<string, DeploymentView>;
}

describe("deployments", () => {
  test("are promotions into production, with when their commits were made", () => {
    const found = deployments(
      requested("p1", "staging"),
      requested("p2"),
      { type: "PromotionMoved", data: { ...of("p2"), mode: "pin", at: "t1" } },
      { type: "PromotionSucceeded", data: { ...of("p2"), at: "t2", durationMs: 1 } },
    );
    expect(Object.keys(found)).toEqual(["shop/p2"]);
    expect(found["shop/p2"]).toMatchObject({ commits: ["made"], movedAt: "t1", endedAt: "t2", result: "Succeeded" });
  });

  test("one that failed before it moved broke nothing; one that moved did", () => {
    const failed = (promotion: string): DomainEvent => ({
      type: "PromotionFailed",
      data: { ...of(promotion), code: "X", message: "x", left: [], at: "t3" },
    });
    const found = deployments(
      requested("p1"),
      failed("p1"),
      requested("p2"),
      { type: "PromotionMoved", data: { ...of("p2"), mode: "pin", at: "t1" } },
      failed("p2"),
    );
    expect(found["shop/p1"]!.failedAt).toBeUndefined();
    expect(found["shop/p2"]!.failedAt).toBe("t3");
  });

  test("a rollback says of what it undoes that it failed, once", () => {
    const undo = (promotion: string): DomainEvent => ({
      type: "PromotionRequested",
      data: { ...of(promotion), trigger: { ...trigger, type: "rollback" }, undoes: "p1", requestedAt: "t9" },
    });
    const found = deployments(
      requested("p1"),
      { type: "PromotionMoved", data: { ...of("p1"), mode: "pin", at: "t1" } },
      { type: "PromotionSucceeded", data: { ...of("p1"), at: "t2", durationMs: 1 } },
      undo("p2"),
      undo("p3"),
    );
    const { failedAt } = found["shop/p1"]!;
    expect(failedAt).toBeDefined();
    expect(Date.parse(failedAt!)).toBeLessThan(Date.parse("2027-01-01"));
    expect(found["shop/p2"]).toMatchObject({ rollback: true });
  });

  test("one that a newer took the place of is none", () => {
    const found = deployments(requested("p1"), {
      type: "PromotionSuperseded",
      data: { ...of("p1"), by: "p2", at: "t1" },
    });
    expect(found).toEqual({});
  });
});
