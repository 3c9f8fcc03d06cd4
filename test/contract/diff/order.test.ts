import { afterAll, beforeAll, expect, test } from "vitest";
import type { RawObject } from "../../../schemas/artifact.ts";
import { crdAndObject } from "../sync/builtin-kinds.ts";
import { newNamespace, syncStage, type Stage } from "../sync/stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await syncStage();
});
afterAll(() => stage?.stop());

/** What the API server's own dry run says of objects in another form than they were applied in. */
async function compared(name: string, applied: RawObject[], desired: RawObject[]): Promise<string[]> {
  const app = stage.application(name, { namespace: await newNamespace(stage.client, name) });
  expect((await app.sync(applied)).failures).toEqual([]);
  const { comparison } = await app.compare(desired);
  const { objects } = await app.blobs.getJson<{ objects: { key: { kind: string }; action: string }[] }>(comparison);
  return objects.map(({ key, action }) => `${key.kind} ${action}`);
}

const service = (ports: object[]): RawObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web" },
  spec: { selector: { app: "web" }, ports },
});
const http = { name: "http", port: 80 };
const metrics = { name: "metrics", port: 9090 };

test("another order of a list that the API merges by key or value is no difference", async () => {
  expect(await compared("order-ports", [service([http, metrics])], [service([metrics, http])])).toEqual([]);
  const [widget, crd] = crdAndObject("order.example") as [
    RawObject & { spec: { parts: object[]; tags: string[] } },
    RawObject,
  ];
  const spec = { ...widget.spec, parts: widget.spec.parts.toReversed(), tags: widget.spec.tags.toReversed() };
  expect(await compared("order-widget", [widget, crd], [{ ...widget, spec }, crd])).toEqual([]);
});

test("another item is one, in whatever order", async () => {
  expect(
    await compared("order-item", [service([http, metrics])], [service([{ ...metrics, port: 9091 }, http])]),
  ).toEqual(["Service update"]);
});

test("another spelling of a quantity, a port or a default is no difference", async () => {
  const pod = (resources: object, port: object, more: object = {}): RawObject => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "x" },
    spec: { ...more, containers: [{ name: "x", image: "x", resources, ports: [port] }] },
  });
  const applied = pod({ limits: { cpu: "1", memory: "512Mi" } }, { containerPort: 80, protocol: "TCP" });
  const spelled = pod(
    { limits: { cpu: "1000m", memory: "0.5Gi" } },
    { containerPort: 80 },
    { restartPolicy: "Always" },
  );
  expect(await compared("spelling", [applied], [spelled])).toEqual([]);
  const other = pod({ limits: { cpu: "1001m", memory: "0.5Gi" } }, { containerPort: 80 });
  expect(await compared("spelling-other", [applied], [other])).toEqual(["Pod update"]);
});

test("another order of what a pod does one after the other is a difference: it would roll the pods", async () => {
  const labels = { app: "web" };
  const deployment = (init: string[]): RawObject => ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web" },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: "web", image: "x" }], initContainers: init.map((name) => ({ name, image: "x" })) },
      },
    },
  });
  expect(await compared("order-init", [deployment(["a", "b"])], [deployment(["b", "a"])])).toEqual([
    "Deployment update",
  ]);
});
