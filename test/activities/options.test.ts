import fc from "fast-check";
import { expect, test } from "vitest";
import { ownerOf } from "../../domain/sync/tracking.ts";
import type { RawObject } from "../../schemas/artifact.ts";
import { ModelApplication } from "./model-application.ts";
import { ModelCluster } from "./model-cluster.ts";

const data = fc.dictionary(fc.constantFrom("a", "b", "c"), fc.constantFrom("1", "2"), { maxKeys: 3 });
/** Options that still make live equal to desired, whoever wrote the object before. */
const options = fc.subarray([
  "Replace=true",
  "Force=true",
  "ApplyOutOfSyncOnly=true",
  "PruneLast=true",
  "Validate=false",
]);
const before = fc.option(
  fc.record({
    manager: fc.constantFrom(
      ["kubectl-client-side-apply", "Update"],
      ["kubectl-create", "Update"],
      ["kubectl", "Apply"],
      ["argocd-controller", "Update"],
      ["kustomize-controller", "Apply"],
      ["helm", "Apply"],
    ),
    data,
  }),
);

const configMap = (values: Record<string, string>, own: string[]): RawObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "a", annotations: { "argocd.argoproj.io/sync-options": own.join(",") } },
  data: values,
});

const fieldsOf = (values: Record<string, string>) => ({
  "f:data": Object.fromEntries(Object.keys(values).map((name) => [`f:${name}`, {}])),
});

test("whoever applied an object before, once adopted it has what Git has and nothing else, now and after the next change", async () => {
  await fc.assert(
    fc.asyncProperty(before, options, data, data, async (found, own, first, second) => {
      const app = new ModelApplication(new ModelCluster());
      if (found) {
        const [manager = "", operation = ""] = found.manager;
        const metadata = { name: "a", namespace: "shop", uid: "u", resourceVersion: "5" };
        const managedFields = [{ manager, operation, apiVersion: "v1", fieldsV1: fieldsOf(found.data) }];
        const live = {
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: { ...metadata, managedFields },
          data: found.data,
        };
        app.cluster.objects.set("/ConfigMap/shop/a", structuredClone(live));
      }
      for (const values of [first, second]) {
        const done = await app.sync([configMap(values, own)], { options: { syncOptions: ["Adopt=true"] } });
        expect(done.failures).toEqual([]);
        const live = app.cluster.objects.get("/ConfigMap/shop/a");
        expect(live?.["data"] ?? {}).toEqual(values);
        expect(live && ownerOf(live)).toBe("shop");
        // Nothing is left to do, and nothing to be agreed to any more.
        expect(await app.steps(await app.plan([configMap(values, own)]))).toEqual(["ConfigMap/a unchanged Recorded"]);
      }
    }),
    { numRuns: 150 },
  );
});
