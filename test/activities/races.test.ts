import { describe, expect, test } from "vitest";
import type { RawObject } from "../../schemas/artifact.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { TRACKING_ANNOTATION } from "../../schemas/ids.ts";
import { createAssessActivity } from "../../activities/assess.ts";
import { ModelApplication } from "./model-application.ts";
import { ModelCluster } from "./model-cluster.ts";

const configMap = (name: string, a = "1"): RawObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name },
  data: { a },
});
const key = (name: string): string => `/ConfigMap/shop/${name}`;
const applied = async (...names: string[]): Promise<ModelApplication> => {
  const app = new ModelApplication(new ModelCluster());
  await app.sync(names.map((name) => configMap(name)));
  return app;
};
const claimedBy = (app: ModelApplication, name: string, owner: string): void => {
  const live = app.cluster.objects.get(key(name));
  if (live) live.metadata.annotations = { [TRACKING_ANNOTATION]: `${owner}:/ConfigMap:shop/${name}` };
};

describe("between the plan and the apply", () => {
  test("an object that another application put in place of ours is not touched", async () => {
    const app = await applied("a");
    const planned = await app.plan([configMap("a", "2")]);
    app.cluster.supplant(key("a"), false);
    claimedBy(app, "a", "other");
    const done = await app.apply(planned);
    expect(await app.outcomes(done)).toEqual(["ConfigMap/a refused OwnedByOther"]);
    expect(done.refused[0]?.message).toContain("application other");
    expect(app.cluster.objects.get(key("a"))).not.toHaveProperty("data");
  });

  test("an object that nobody claims, or none, is applied onto", async () => {
    const app = await applied("gone", "replaced");
    const planned = await app.plan([configMap("gone", "2"), configMap("replaced", "2")]);
    app.cluster.objects.delete(key("gone"));
    app.cluster.supplant(key("replaced"), false);
    expect((await app.apply(planned)).counts).toMatchObject({ update: 2, failed: 0 });
  });

  test("a prune looks afresh: lost marks, another owner, another uid, a guard", async () => {
    const app = await applied("bare", "guarded", "replaced", "stolen", "fine");
    const planned = await app.plan([]);
    const annotate = (name: string, annotations: Record<string, string>): void => {
      const live = app.cluster.objects.get(key(name));
      if (live) live.metadata.annotations = annotations;
    };
    annotate("bare", {});
    annotate("guarded", {
      ...app.cluster.objects.get(key("guarded"))?.metadata.annotations,
      "helm.sh/resource-policy": "keep",
    });
    app.cluster.supplant(key("replaced"), true);
    claimedBy(app, "stolen", "other");
    const done = await app.apply(planned);
    expect((await app.outcomes(done)).sort()).toEqual([
      "ConfigMap/bare refused NotTracked",
      "ConfigMap/fine pruned NotDesired",
      "ConfigMap/guarded refused Protected",
      "ConfigMap/replaced refused Replaced",
      "ConfigMap/stolen refused OwnedByOther",
    ]);
    expect(app.cluster.requests.filter((request) => request.startsWith("delete"))).toEqual([`delete ${key("fine")}`]);
  });

  test("a prune that meets another object in the very moment of the delete leaves it", async () => {
    const app = await applied("a");
    const planned = await app.plan([]);
    app.cluster.interfere = ({ verb }) => {
      if (verb === "delete") app.cluster.supplant(key("a"), true);
    };
    expect(await app.outcomes(await app.apply(planned))).toEqual(["ConfigMap/a refused Replaced"]);
    expect(app.cluster.objects.has(key("a"))).toBe(true);
  });
});

test("nothing is deleted when something could not be applied", async () => {
  const app = await applied("old");
  app.cluster.interfere = ({ verb, key: at }) => {
    if (verb === "apply" && at.endsWith("bad")) throw new SluiceError("ApplyFailed", "refused");
  };
  const done = await app.sync([configMap("bad"), configMap("good")]);
  expect(await app.outcomes(done)).toEqual([
    "ConfigMap/bad failed ApplyFailed",
    "ConfigMap/good applied NotLive",
    "ConfigMap/old refused ApplyFailed",
  ]);
  expect(app.cluster.objects.has(key("old"))).toBe(true);
  app.cluster.interfere = () => undefined;
  expect((await app.sync([configMap("bad"), configMap("good")])).counts).toMatchObject({
    create: 1,
    unchanged: 1,
    prune: 1,
  });
});

test("fields that were ours are taken back without force, fields that never were are a conflict", async () => {
  const app = await applied("a");
  app.cluster.edit(key("a"), (live) => void (live["data"] = { a: "by hand", b: "theirs" }));
  expect(await app.outcomes(await app.sync([configMap("a")]))).toEqual(["ConfigMap/a applied Drifted"]);
  expect(app.cluster.objects.get(key("a"))?.["data"]).toEqual({ a: "1", b: "theirs" });

  const wider = { ...configMap("a"), data: { a: "1", b: "ours" } };
  const refused = await app.sync([wider]);
  expect(await app.outcomes(refused)).toEqual(["ConfigMap/a failed FieldConflict"]);
  expect(refused.failures[0]?.message).toContain("editor owns .data.b");
  expect(await app.outcomes(await app.sync([wider], { force: true }))).toEqual(["ConfigMap/a applied FieldsUnknown"]);
});

test("what finalizers hold is pending, counts as pruned, is no longer owned, and assess sees it go", async () => {
  const app = await applied("held", "keep");
  const live = app.cluster.objects.get(key("held"));
  if (live) live.metadata["finalizers"] = ["example.com/held"];
  const done = await app.sync([configMap("keep")]);
  expect(await app.outcomes(done)).toEqual(["ConfigMap/keep unchanged Recorded", "ConfigMap/held pending Deleting"]);
  expect(done).toMatchObject({ health: "Progressing", interrupted: false, counts: { prune: 1 } });
  expect((await app.entries()).map((entry) => entry.key.name)).toEqual(["keep"]);

  const assess = createAssessActivity({ blobs: app.blobs, cluster: async () => app.cluster });
  const context = { signal: new AbortController().signal, heartbeat: () => undefined, progress: undefined };
  const input = {
    application: "shop",
    operation: "op",
    cluster: "test",
    report: done.report,
    inventory: done.inventory,
  };
  expect((await assess(input, context)).health).toBe("Progressing");
  app.cluster.objects.delete(key("held"));
  expect(await assess(input, context)).toMatchObject({ health: "Healthy", unhealthy: [] });
  // Another one of the same name is none of ours.
  app.cluster.objects.set(key("held"), {
    ...configMap("held"),
    metadata: { name: "held", namespace: "shop", uid: "new" },
  });
  expect((await assess(input, context)).health).toBe("Healthy");
});
