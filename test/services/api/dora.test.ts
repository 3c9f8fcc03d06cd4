import { readFileSync } from "node:fs";
import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { registerDoraMetrics } from "../../../services/server/dora-metrics.ts";
import { apiInstance } from "./instance.ts";

const example = (name: string): string =>
  readFileSync(new URL(`../../../tools/reference/examples/${name}.yaml`, import.meta.url), "utf8");

/** A pipeline with one deployment of two hours of lead time. */
async function deployed() {
  const at = await apiInstance();
  const now = Date.now();
  const ago = (hours: number): string => new Date(now - hours * 3_600_000).toISOString();
  at.table("pipelines").set("shop", { name: "shop", spec: { stages: [] } });
  at.table("deployments").set("shop/p1", {
    ...{ pipeline: "shop", stage: "prod", promotion: "p1", release: "r", rollback: false, sequence: 1 },
    ...{ commits: [ago(3)], requestedAt: ago(2), movedAt: ago(2), endedAt: ago(1), result: "Succeeded" },
  });
  return at;
}

test("the figures of one pipeline, and of all", async () => {
  const at = await deployed();
  const one = await at.call("GET", "/pipelines/shop/dora?days=10");
  expect(one.status).toBe(200);
  expect(one.body).toEqual({
    ...{ pipeline: "shop", days: 10, deployments: 1, deploymentFrequency: 0.1, leadTimeSeconds: 7_200 },
    ...{ changeFailureRate: 0, unrestored: 0 },
  });
  expect((await at.call("GET", "/dora")).body).toMatchObject({ items: [{ pipeline: "shop", days: 30 }] });
});

test("a pipeline that is not there, and days that are none", async () => {
  const at = await apiInstance();
  expect((await at.call("GET", "/pipelines/none/dora")).status).toBe(404);
  expect((await at.call("GET", "/dora?days=0")).status).toBe(422);
});

test("gauges leave out what was not measured", async () => {
  const at = await deployed();
  const registry = new Registry();
  registerDoraMetrics(registry, at.ports.views);
  const text = await registry.metrics();
  expect(text).toContain('sluice_dora_lead_time_seconds{pipeline="shop"} 7200');
  expect(text).not.toContain("sluice_dora_time_to_restore_seconds{");
});

test("the kinds of promotion are configured, shown and deleted like any other", async () => {
  const at = await apiInstance();
  const names = ["releasesource", "gatepolicy", "analysistemplate", "account", "notification"];
  const second = "apiVersion: sluice.dev/v1\nkind: Account\nmetadata:\n  name: second\nspec:\n  groups: [sre]\n";
  const applied = await at.apply([...names.map(example), second].join("---\n"));
  expect(applied.body).toMatchObject({ objects: [...names, second].map(() => ({ result: "created" })) });
  const shown = await at.call("GET", "/notifications/releases");
  expect(shown.text).not.toContain("the-secret-that-signs-the-body");
  expect(shown.body).toMatchObject({
    kind: "Notification",
    spec: { triggers: expect.arrayContaining(["rolled-back"]) },
  });
  expect(at.secrets.get("notification/releases")).toEqual({ secret: "the-secret-that-signs-the-body" });
  expect((await at.apply(example("gatepolicy"))).body).toMatchObject({ objects: [{ result: "unchanged" }] });
  expect((await at.call("DELETE", "/gatepolicies/production")).status).toBe(200);
  expect((await at.call("GET", "/gatepolicies")).body).toMatchObject({ items: [] });
});
