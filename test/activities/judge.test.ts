import { expect, test } from "vitest";
import { judging } from "../../activities/judge.ts";
import { health, type Health } from "../../domain/health/health.ts";
import type { RawObject } from "../../schemas/artifact.ts";

const object = (kind: string, name: string, metadata: object = {}): RawObject => ({
  apiVersion: "example.com/v1",
  kind,
  metadata: { name, namespace: "shop", ...metadata },
});
const own = (of: RawObject): Promise<Health> | undefined =>
  of.kind === "Queue" ? Promise.resolve({ status: "Degraded", message: `${of.metadata.name} is full` }) : undefined;

test("own checks judge the kinds they are about, what is built in judges the others, and what is gone is Missing", async () => {
  const [queue, other] = [object("Queue", "orders"), object("Topic", "orders")];
  const judge = await judging(own, [queue, undefined, other]);
  expect(judge(queue)).toEqual({ status: "Degraded", message: "orders is full" });
  expect(judge(other)).toEqual({ status: "Healthy" });
  expect(judge(undefined).status).toBe("Missing");
});

test("an object that was not given beforehand is judged by what is built in", async () => {
  const judge = await judging(own, [object("Queue", "orders")]);
  expect(judge(object("Queue", "invoices"))).toEqual({ status: "Healthy" });
});

test("being deleted, and not to be counted, hold whoever judges", async () => {
  const going = object("Queue", "a", { deletionTimestamp: "2026-01-01T00:00:00Z" });
  const ignored = object("Queue", "b", { annotations: { "argocd.argoproj.io/ignore-healthcheck": "true" } });
  const judge = await judging(own, [going, ignored]);
  expect(judge(going).status).toBe("Progressing");
  expect(judge(ignored)).toMatchObject({ status: "Healthy", message: /it is Degraded \(b is full\)/ });
});

test("without own checks it is what is built in, as it is", async () => {
  expect(await judging(undefined, [object("Queue", "orders")])).toBe(health);
});
