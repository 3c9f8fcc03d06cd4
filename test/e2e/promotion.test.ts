import { afterAll, beforeAll, expect, test } from "vitest";
import type { GitFixture } from "../../adapters/embedded/index.ts";
import { configMap } from "../fixtures/configuration.ts";
import { pipeline, pipelineEvents, promoted, promotionOf, release, releaseSource } from "../fixtures/promotions.ts";
import { Stack } from "../fixtures/stack.ts";

/** A release goes from staging to prod, wave by wave, on real servers. */

let stack: Stack;
let git: GitFixture;
let repoURL: string;

beforeAll(async () => {
  stack = await Stack.start({ controllers: false });
  await stack.prepare();
  ({ url: repoURL, fixture: git } = await stack.addRepository("shop"));
  await stack.apply(
    promoted("shop-staging", repoURL, "app"),
    promoted("shop-eu", repoURL, "app"),
    promoted("shop-us", repoURL, "app"),
    releaseSource("shop", repoURL),
    pipeline("shop", "shop", [
      { name: "staging", applications: { names: ["shop-staging"] }, automatic: "newest" },
      {
        name: "prod",
        applications: { names: ["shop-eu", "shop-us"] },
        waves: [{ names: ["shop-eu"] }, {}],
        automatic: "newestVerified",
      },
    ]),
  );
}, 240_000);
afterAll(() => stack?.stop());

const succeeded = ({ result }: { result?: string | undefined }): boolean => result === "Succeeded";

test("a release is pinned in staging, then in prod, one wave after the other", { timeout: 120_000 }, async () => {
  const commit = await git.commit({ "app/map.yaml": configMap("map", { version: "1" }) }, "version 1");
  const made = await release(stack, "shop", { repoURL, commit });
  const of = { pipeline: "shop", release: made.release };
  const inStaging = await promotionOf(stack, { ...of, stage: "staging" }, succeeded);
  const inProd = await promotionOf(stack, { ...of, stage: "prod" }, succeeded);
  expect(inStaging.trigger.type).toBe("automatic");
  expect(inProd.waves.map(({ wave }) => wave)).toEqual([0, 1]);

  for (const name of ["shop-staging", "shop-eu", "shop-us"]) {
    const found = await stack.application(name);
    expect(found.status.deployed?.revision).toBe(commit);
    expect(await stack.configMaps(name)).toMatchObject({ map: { version: "1" } });
    const operations = await stack.operations(name);
    const syncs = operations.filter(({ kind }) => kind === "sync");
    expect(syncs.map(({ trigger, result }) => [trigger.type, result])).toEqual([["promotion", "Succeeded"]]);
  }

  const events = (await pipelineEvents(stack, "shop")).map(({ event: { type, data } }) => [
    type,
    "stage" in data ? data.stage : "",
  ]);
  const at = (type: string, stage: string): number => events.findIndex(([t, s]) => t === type && s === stage);
  expect(at("ReleaseVerified", "staging")).toBeLessThan(at("PromotionMoved", "prod"));
  for (const type of ["PromotionRequested", "PromotionStarted", "PromotionMoved", "PromotionSucceeded"]) {
    expect(
      events.filter(([one]) => one === type),
      type,
    ).toHaveLength(2);
  }
});
