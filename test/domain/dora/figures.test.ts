import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { doraFigures, median } from "../../../domain/dora/figures.ts";
import { productionStages } from "../../../domain/dora/production.ts";
import { PipelineSpec } from "../../../schemas/kinds/pipeline.ts";
import type { DeploymentView } from "../../../schemas/promotion-views.ts";

const at = (hours: number): string => new Date(Date.parse("2026-03-01T00:00:00Z") + hours * 3_600_000).toISOString();

let count = 0;
const deployment = (more: Partial<DeploymentView>): DeploymentView => ({
  pipeline: "shop",
  stage: "prod",
  promotion: `p-${(count += 1)}`,
  release: "r1",
  rollback: false,
  commits: [],
  requestedAt: at(0),
  sequence: count,
  ...more,
});
const succeeded = (hours: number, more: Partial<DeploymentView> = {}): DeploymentView =>
  deployment({ movedAt: at(hours), endedAt: at(hours), result: "Succeeded", ...more });

const figures = (deployments: DeploymentView[], days = 10) =>
  doraFigures(deployments, { now: Date.parse(at(10 * 24)), days });

describe("DORA figures", () => {
  test("without a deployment nothing is said of times and shares", () => {
    expect(figures([])).toEqual({ days: 10, deployments: 0, deploymentFrequency: 0, unrestored: 0 });
  });

  test("lead time is from each commit to production, the median over all of them", () => {
    const found = figures([
      succeeded(10, { commits: [at(9), at(7)] }),
      succeeded(20, { commits: [at(10)] }),
      deployment({ movedAt: at(1), endedAt: at(2), result: "Failed", failedAt: at(2), commits: [at(0)] }),
    ]);
    expect(found.leadTimeSeconds).toBe(3 * 3_600);
    expect(found.deploymentFrequency).toBe(0.2);
  });

  test("a change that failed, or was undone after it had succeeded, counts as failed; a rollback is no change", () => {
    const found = figures([
      succeeded(10, { failedAt: at(11) }),
      succeeded(12, { rollback: true }),
      succeeded(20),
      deployment({ movedAt: at(30), endedAt: at(31), result: "Failed", failedAt: at(31) }),
      succeeded(40),
    ]);
    expect(found).toMatchObject({ deployments: 4, changeFailureRate: 0.5, unrestored: 0 });
    expect(found.timeToRestoreSeconds).toBe(5 * 3_600);
  });

  test("another stage's success restores nothing", () => {
    const found = figures([
      deployment({ movedAt: at(1), endedAt: at(2), result: "Failed", failedAt: at(2) }),
      succeeded(3, { stage: "prod-asia" }),
    ]);
    expect(found.unrestored).toBe(1);
    expect(found.timeToRestoreSeconds).toBeUndefined();
  });

  test("what was refused by a gate, or ended before the days, is no deployment", () => {
    const old = succeeded(-24);
    const waiting = deployment({});
    const aborted = deployment({ endedAt: at(5), result: "Aborted" });
    expect(figures([old, waiting, aborted])).toMatchObject({ deployments: 0 });
  });

  test("shares lie in 0 to 1, and nothing is negative, whatever the ledger holds", () => {
    const hour = fc.integer({ min: -50, max: 240 });
    const any = fc.record({
      moved: fc.option(hour),
      ended: fc.option(hour),
      failed: fc.option(hour),
      commits: fc.array(hour, { maxLength: 3 }),
      rollback: fc.boolean(),
      ok: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 20 }), (all) => {
        const found = figures(
          all.map(({ moved, ended, failed, commits, rollback, ok }) =>
            deployment({
              rollback,
              commits: commits.map(at),
              ...(moved !== null && { movedAt: at(moved) }),
              ...(ended !== null && { endedAt: at(ended), result: ok ? "Succeeded" : "Failed" }),
              ...(failed !== null && { failedAt: at(failed) }),
            }),
          ),
        );
        for (const value of Object.values(found)) expect(value).toBeGreaterThanOrEqual(0);
        expect(found.changeFailureRate ?? 0).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("the median of an even number is the mean of the two in the middle", () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeUndefined();
  });
});

describe("production stages", () => {
  const stages = (...names: object[]) =>
    PipelineSpec.parse({
      releaseSource: "shop",
      stages: names.map((one) => ({ applications: { names: ["*"] }, ...one })),
    });

  test("are the last ones of the graph when none says so", () => {
    expect([...productionStages(stages({ name: "dev" }, { name: "eu" }, { name: "us", after: ["dev"] }))]).toEqual([
      "eu",
      "us",
    ]);
  });

  test("are those that say so", () => {
    expect([...productionStages(stages({ name: "dev" }, { name: "eu", production: true }, { name: "late" }))]).toEqual([
      "eu",
    ]);
  });
});
