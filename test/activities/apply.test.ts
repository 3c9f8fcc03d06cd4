import { describe, expect, test } from "vitest";
import type { RawObject, Report } from "../../schemas/artifact.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { ModelApplication } from "./model-application.ts";
import { ModelCluster } from "./model-cluster.ts";

const configMap = (name: string, data: Record<string, string> = { a: "1" }): RawObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name },
  data,
});
const many = (count: number): RawObject[] => Array.from({ length: count }, (_, index) => configMap(`c-${index}`));
const crd: RawObject = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.example.com" },
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { kind: "Widget", plural: "widgets" },
    versions: [{ name: "v1", served: true }],
  },
};
const widget: RawObject = { apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "w" }, spec: { a: 1 } };
const away = () => new SluiceError("ClusterUnavailable", "the cluster does not answer");
const unreached = () =>
  new SluiceError("ClusterUnavailable", "connection refused", {
    cause: Object.assign(new Error("ECONNREFUSED"), { sent: false }),
  });

describe("the order of work", () => {
  test("stage by stage, CRDs before their objects, prunes last and in reverse", async () => {
    const app = new ModelApplication(new ModelCluster());
    const service: RawObject = { apiVersion: "v1", kind: "Service", metadata: { name: "s" } };
    await app.sync([configMap("keep"), configMap("old"), { ...service, metadata: { name: "old" } }]);
    app.cluster.requests.length = 0;
    await app.sync([widget, configMap("keep", { a: "2" }), crd, service]);
    expect(app.cluster.requests.filter((request) => /^(apply|delete)/.test(request))).toEqual([
      "apply apiextensions.k8s.io/CustomResourceDefinition//widgets.example.com",
      "apply /ConfigMap/shop/keep",
      "apply /Service/shop/s",
      "apply example.com/Widget/shop/w",
      "delete /Service/shop/old",
      "delete /ConfigMap/shop/old",
    ]);
  });

  test("at most so many objects at once, and the next stage only when all of one have an outcome", async () => {
    const app = new ModelApplication(new ModelCluster());
    const planned = await app.plan([...many(40), { apiVersion: "v1", kind: "Service", metadata: { name: "s" } }]);
    app.cluster.mostInFlight = 0;
    app.cluster.interfere = ({ verb, key }) => {
      if (verb === "apply" && key.includes("Service")) expect(app.cluster.inFlight).toBe(1);
    };
    const done = await app.apply(planned, { concurrency: 4 });
    expect(done.failures).toEqual([]);
    expect(app.cluster.mostInFlight).toBe(4);
  });

  test("an unchanged application asks nothing of the cluster when it is applied", async () => {
    const app = new ModelApplication(new ModelCluster());
    await app.sync(many(3));
    const planned = await app.plan(many(3));
    app.cluster.requests.length = 0;
    await app.apply(planned);
    expect(app.cluster.requests).toEqual([]);
  });
});

describe("progress", () => {
  test("each object is a heartbeat with how far it is", async () => {
    const app = new ModelApplication(new ModelCluster());
    await app.sync(many(5));
    expect(app.heartbeats).toEqual([1, 2, 3, 4, 5].map((done) => ({ done, total: 5 })));
  });

  test("a cancelled apply stops after what is in flight, deletes nothing, and its inventory holds what it did", async () => {
    const app = new ModelApplication(new ModelCluster());
    await app.sync([configMap("old")]);
    const planned = await app.plan(many(10));
    const controller = new AbortController();
    app.cluster.interfere = ({ verb, key }) => {
      if (verb === "apply" && key.endsWith("c-4")) controller.abort();
    };
    const cut = await app.apply(planned, { concurrency: 1, signal: controller.signal });
    expect(cut.interrupted).toBe(true);
    expect(cut.counts).toMatchObject({ create: 5, failed: 0, prune: 0 });
    expect(cut.unhealthy[0]).toMatchObject({ message: "the operation was ended before its turn" });
    expect(app.cluster.objects.has("/ConfigMap/shop/old")).toBe(true);
    app.inventory = cut.inventory;
    const entries = (await app.entries()).map(({ key, uid }) => `${key.name} ${uid === null ? "intended" : "applied"}`);
    expect(entries.filter((entry) => entry.endsWith("applied"))).toHaveLength(6);
    expect(entries.filter((entry) => entry.endsWith("intended"))).toHaveLength(5);
  });
});

describe("a cluster out of reach", () => {
  test("altogether: the apply is given up with a retryable error, and a second run finishes it", async () => {
    const app = new ModelApplication(new ModelCluster());
    const planned = await app.plan(many(20));
    app.cluster.interfere = () => {
      throw away();
    };
    await expect(app.apply(planned)).rejects.toMatchObject({ code: "ClusterUnavailable", retryable: true });
    app.cluster.interfere = () => undefined;
    expect((await app.apply(planned)).counts).toMatchObject({ create: 20, failed: 0 });
  });

  test("for one object only: it is tried again, and then fails alone", async () => {
    const app = new ModelApplication(new ModelCluster());
    let refusals = 0;
    app.cluster.interfere = ({ verb, key }) => {
      if (verb === "apply" && key.endsWith("c-1") && refusals++ < 1) throw away();
    };
    expect((await app.sync(many(3))).counts).toMatchObject({ create: 3, failed: 0 });
    app.cluster.interfere = ({ verb, key }) => {
      if (verb === "apply" && key.endsWith("bad")) throw away();
    };
    const done = await app.sync([...many(3), configMap("bad"), configMap("good")]);
    expect(done.failures).toMatchObject([{ object: "/ConfigMap/shop/bad", reason: "ClusterUnavailable" }]);
    expect(done.counts).toMatchObject({ create: 1, unchanged: 3, failed: 1 });
  });

  test("now and again: what never reached it says nothing of the object, so the apply is run again", async () => {
    const app = new ModelApplication(new ModelCluster());
    const planned = await app.plan([...many(3), configMap("unlucky")]);
    app.cluster.interfere = ({ verb, key }) => {
      // Each time it is this object's turn the API server is down, each time discovery is asked it is up.
      if (verb === "apply" && key.endsWith("unlucky")) throw unreached();
    };
    await expect(app.apply(planned)).rejects.toMatchObject({ code: "ClusterUnavailable", retryable: true });
    app.cluster.interfere = () => undefined;
    expect((await app.sync([...many(3), configMap("unlucky")])).counts).toMatchObject({ failed: 0 });

    const pruning = await app.plan(many(3));
    app.cluster.interfere = ({ verb, key }) => {
      if (verb === "delete" && key.endsWith("unlucky")) throw unreached();
    };
    await expect(app.apply(pruning)).rejects.toMatchObject({ code: "ClusterUnavailable", retryable: true });
  });

  test("before a prune: the apply is given up, and a second run prunes", async () => {
    const app = new ModelApplication(new ModelCluster());
    await app.sync([configMap("keep"), configMap("old")]);
    const planned = await app.plan([configMap("keep", { a: "2" })]);
    let gone = false;
    app.cluster.interfere = ({ verb, key }) => {
      if (verb === "delete" && key.endsWith("old")) gone = true;
      if (gone) throw away();
    };
    await expect(app.apply(planned)).rejects.toMatchObject({ code: "ClusterUnavailable", retryable: true });
    app.cluster.interfere = () => undefined;
    const done = await app.apply(planned);
    expect(done.failures).toEqual([]);
    expect(done.counts).toMatchObject({ prune: 1 });
  });

  test("for one object to prune only: it is tried again, and then fails alone", async () => {
    const app = new ModelApplication(new ModelCluster());
    await app.sync([configMap("keep"), configMap("old"), configMap("flaky")]);
    const planned = await app.plan([configMap("keep")]);
    let refusals = 0;
    app.cluster.interfere = ({ verb, key }) => {
      if (verb === "delete" && key.endsWith("old")) throw away();
      if (verb === "delete" && key.endsWith("flaky") && refusals++ < 1) throw away();
    };
    const done = await app.apply(planned);
    expect(done.failures).toMatchObject([{ object: "/ConfigMap/shop/old", reason: "ClusterUnavailable" }]);
    expect(done.counts).toMatchObject({ prune: 1, failed: 1 });
  });
});

describe("secrets", () => {
  const secret: RawObject = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "s" },
    data: { password: Buffer.from("canary-plain").toString("base64") },
  };
  test("a message that quotes a value comes out without it, plain or encoded", async () => {
    const app = new ModelApplication(new ModelCluster());
    app.cluster.interfere = ({ verb, object }) => {
      const { password } = (object?.["data"] ?? {}) as { password?: string };
      if (verb === "apply") throw new SluiceError("ApplyFailed", `admission: "${password}" (canary-plain) is too weak`);
    };
    const planned = await app.plan([secret]);
    const before = new Set(app.blobs.texts.keys());
    const done = await app.apply(planned);
    expect(done.failures[0]?.message).toBe('admission: "<redacted>" (<redacted>) is too weak');
    const written = [...app.blobs.texts].filter(([digest]) => !before.has(digest)).map(([, text]) => text);
    expect(written.join()).not.toMatch(/canary-plain|Y2FuYXJ5/);
  });

  test("an object is opened right before it is applied, and neither report nor inventory hold its values", async () => {
    const app = new ModelApplication(new ModelCluster());
    const planned = await app.plan([{ ...secret, data: { password: "sealed:v1:abc" } }]);
    const before = new Set(app.blobs.texts.keys());
    await app.apply(planned, { open: (object) => ({ ...object, data: secret["data"] }) });
    expect(app.cluster.objects.get("/Secret/shop/s")?.["data"]).toEqual(secret["data"]);
    const written = [...app.blobs.texts].filter(([digest]) => !before.has(digest)).map(([, text]) => text);
    expect(written).toHaveLength(2);
    expect(written.join()).not.toMatch(/canary-plain|Y2FuYXJ5/);
  });
});

test("a Secret that can't be opened fails alone", async () => {
  const app = new ModelApplication(new ModelCluster());
  const planned = await app.plan([
    configMap("a"),
    { apiVersion: "v1", kind: "Secret", metadata: { name: "s" }, data: { k: "v" } },
  ]);
  const open = (object: RawObject): RawObject => {
    if (object.kind === "Secret") throw new SluiceError("Internal", "the value k was sealed under another key");
    return object;
  };
  const done = await app.apply(planned, { open });
  expect(done.failures).toMatchObject([
    { object: "/Secret/shop/s", message: "the value k was sealed under another key" },
  ]);
  expect(done.counts).toMatchObject({ create: 1, failed: 1 });
});

test("a kind that came as cluster-scoped after the plan took it for a namespaced one is not applied", async () => {
  const app = new ModelApplication(new ModelCluster());
  const planned = await app.plan([widget]);
  app.cluster.kinds.add("example.com/v1/Widget");
  const resolve = app.cluster.resolve.bind(app.cluster);
  app.cluster.resolve = async (apiVersion, kind) => {
    const served = await resolve(apiVersion, kind);
    return served && kind === "Widget" ? { ...served, namespaced: false } : served;
  };
  const done = await app.apply(planned);
  expect(done.failures).toMatchObject([{ reason: "KindUnknown", message: expect.stringContaining("sync again") }]);
  expect(app.cluster.requests.filter((request) => request.startsWith("apply"))).toEqual([]);
});

test("the report has an outcome for every step, in the order of the plan", async () => {
  const app = new ModelApplication(new ModelCluster());
  await app.sync([configMap("same"), configMap("old")]);
  app.cluster.edit("/ConfigMap/shop/theirs", () => undefined);
  const done = await app.sync([configMap("same"), configMap("new")]);
  const report = await app.blobs.getJson<Report>(done.report);
  expect(report.outcomes.map(({ key, result, health }) => `${key.name} ${result} ${health}`)).toEqual([
    "new applied Healthy",
    "same unchanged Healthy",
    "old pruned Healthy",
  ]);
  expect(report).toMatchObject({ version: 1, application: "shop", health: "Healthy", counts: done.counts });
  expect(Object.keys(report).sort()).toEqual(["application", "counts", "health", "operation", "outcomes", "version"]);
});

test("only the first 20 failures are named, all are in the report", async () => {
  const app = new ModelApplication(new ModelCluster());
  app.cluster.interfere = ({ verb }) => {
    if (verb === "apply") throw new SluiceError("ApplyFailed", "refused");
  };
  const done = await app.sync(many(30));
  expect(done.failures).toHaveLength(20);
  expect(done.counts.failed).toBe(30);
  expect((await app.blobs.getJson<Report>(done.report)).outcomes).toHaveLength(30);
});
