import { expect, test } from "vitest";
import type { Standing } from "../../activities/abandoned.ts";
import { findOrphans } from "../../activities/orphans.ts";
import type { RawObject } from "../../schemas/artifact.ts";
import { TRACKING_ANNOTATION } from "../../schemas/ids.ts";
import { standingOf } from "../../services/worker/records.ts";
import { played, deploy } from "../domain/rollback/played.ts";
import { ModelApplication } from "./model-application.ts";
import { ModelCluster } from "./model-cluster.ts";

const object = (): RawObject => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { a: "1" } });

/** What one application applied, and another one that wants it. */
async function left(standing: Standing): Promise<ModelApplication> {
  const cluster = new ModelCluster();
  await new ModelApplication(cluster, "before").sync([object()]);
  const next = new ModelApplication(cluster, "next");
  next.standing = async () => standing;
  return next;
}
const owner = ({ cluster }: ModelApplication) =>
  cluster.objects.get("/ConfigMap/shop/a")?.metadata.annotations?.[TRACKING_ANNOTATION];

test("what a deleted application left is taken over, and marked anew", async () => {
  const next = await left("deleted");
  expect(await next.outcomes(await next.sync([object()]))).toEqual(["ConfigMap/a applied NotRecorded"]);
  expect(owner(next)).toBe("next:/ConfigMap:shop/a");
});

test.each(["there", "unknown"] as const)("what is of an application that is %s is refused", async (standing) => {
  const next = await left(standing);
  expect(await next.outcomes(await next.sync([object()]))).toEqual(["ConfigMap/a refused OwnedByOther"]);
  expect(owner(next)).toBe("before:/ConfigMap:shop/a");
});

test("what a third application took meanwhile stays its own", async () => {
  const next = await left("deleted");
  const planned = await next.plan([object()]);
  const third = new ModelApplication(next.cluster, "third");
  third.standing = next.standing;
  await third.sync([object()]);
  expect(await next.outcomes(await next.apply(planned))).toEqual(["ConfigMap/a refused OwnedByOther"]);
  expect(owner(next)).toBe("third:/ConfigMap:shop/a");
});

test("the ledger tells an application that was deleted from one that it never had", async () => {
  const app = played();
  const standing = standingOf({ load: async () => ({ state: app.state() }) as never });
  expect(await standing("web")).toBe("there");
  app.run({ type: "DeleteApplication", cascade: false });
  expect(await standing("web")).toBe("unknown");
  const ran = played();
  deploy(ran, "a");
  ran.run({ type: "DeleteApplication", cascade: false });
  expect(await standingOf({ load: async () => ({ state: ran.state() }) as never })("web")).toBe("deleted");
});

test("what a deleted application left is an orphan", async () => {
  const kind = { group: "", version: "v1", apiVersion: "v1", resource: "configmaps", kind: "ConfigMap" };
  const marked = { name: "a", namespace: "shop", annotations: { [TRACKING_ANNOTATION]: "before:/ConfigMap:shop/a" } };
  const cluster = {
    kinds: async () => [{ ...kind, namespaced: true, verbs: ["list"] }],
    pages: async function* () {
      yield { items: [{ apiVersion: "v1", kind: "ConfigMap", metadata: marked }], restarted: false };
    },
  };
  const found = async (standing: Standing) =>
    (await findOrphans(cluster, { namespaces: ["shop"], ignore: [], standing: async () => standing })).items;
  expect(await found("deleted")).toMatchObject([{ kind: "ConfigMap", name: "a" }]);
  expect(await found("unknown")).toEqual([]);
});
