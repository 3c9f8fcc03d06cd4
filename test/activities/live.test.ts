import { describe, expect, test } from "vitest";
import { declaredKinds, readLive, type Wanted } from "../../activities/live.ts";
import type { RawObject } from "../../schemas/artifact.ts";
import { APPLICATION_LABEL } from "../../schemas/ids.ts";
import { ModelCluster } from "./model-cluster.ts";

const configMaps = (count: number, labelled = true): RawObject[] =>
  Array.from({ length: count }, (_, index) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: `c-${index}`,
      namespace: "shop",
      ...(labelled ? { labels: { [APPLICATION_LABEL]: "shop" } } : {}),
    },
  }));
const keyOf = (object: RawObject): string => `/ConfigMap/shop/${object.metadata.name}`;
const wantedOf = (objects: RawObject[], owned = true): Wanted[] =>
  objects.map(({ metadata }) => ({
    key: { group: "", kind: "ConfigMap", namespace: "shop", name: metadata.name },
    apiVersion: "v1",
    ...(owned ? { owned: "configmaps" } : {}),
  }));

function clusterOf(objects: RawObject[]): ModelCluster {
  const cluster = new ModelCluster();
  for (const object of objects) cluster.objects.set(keyOf(object), object);
  return cluster;
}
const read = (cluster: ModelCluster, wanted: Wanted[], declared = new Map()) =>
  readLive(cluster, { application: "shop", wanted, declared });
const verbs = ({ requests }: ModelCluster): string[] => [
  ...new Set(requests.map((request) => request.split(" ")[0] ?? "")),
];

describe("how live objects are read", () => {
  test("up to eight owned ones of a kind and namespace one by one, more by one list", async () => {
    const few = clusterOf(configMaps(8));
    await read(few, wantedOf(configMaps(8)));
    expect(verbs(few)).toEqual(["get"]);
    const many = clusterOf(configMaps(9));
    const { objects } = await read(many, wantedOf(configMaps(9)));
    expect(many.requests).toEqual(["list /ConfigMap/shop"]);
    expect(objects.size).toBe(9);
  });

  test("what a list does not show is read by itself: it may have lost its label, or be gone", async () => {
    const objects = configMaps(10);
    delete objects[3]?.metadata.labels;
    const cluster = clusterOf(objects.slice(0, 9));
    const live = await read(cluster, wantedOf(objects));
    expect(cluster.requests).toEqual(["list /ConfigMap/shop", "get /ConfigMap/shop/c-3", "get /ConfigMap/shop/c-9"]);
    expect(live.objects.get("/ConfigMap/shop/c-3")).toBeDefined();
    expect(live.objects.has("/ConfigMap/shop/c-9")).toBe(true);
    expect(live.objects.get("/ConfigMap/shop/c-9")).toBeUndefined();
  });

  test("objects that nobody owns yet are not looked for by our label", async () => {
    const cluster = clusterOf(configMaps(20, false));
    const live = await read(cluster, wantedOf(configMaps(20), false));
    expect(verbs(cluster)).toEqual(["get"]);
    expect([...live.objects.values()].every((object) => object !== undefined)).toBe(true);
  });

  test("objects of the list that nobody asked for are left out", async () => {
    const cluster = clusterOf(configMaps(12));
    const live = await read(cluster, wantedOf(configMaps(9)));
    expect(live.objects.size).toBe(9);
  });
});

describe("kinds that are not served", () => {
  const crd: RawObject = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "widgets.example.com" },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { kind: "Widget", plural: "widgets" },
      versions: [{ name: "v1" }, { name: "v0", served: false }],
    },
  };
  const widget = (version: string, owned?: string): Wanted => ({
    key: { group: "example.com", kind: "Widget", namespace: "shop", name: "w" },
    apiVersion: `example.com/${version}`,
    ...(owned ? { owned } : {}),
  });
  const key = "example.com/Widget/shop/w";

  test("come later when a CRD beside them declares that version, and are unknown otherwise", async () => {
    const declared = declaredKinds([crd]);
    expect((await read(new ModelCluster(), [widget("v1")], declared)).kindsLater).toEqual(
      new Set(["example.com/Widget"]),
    );
    for (const version of ["v0", "v2"]) {
      const live = await read(new ModelCluster(), [widget(version)], declared);
      expect(live.kindsUnknown).toEqual(new Set(["example.com/Widget"]));
      expect(live.objects.has(key)).toBe(false);
    }
  });

  test("an owned object is absent only when neither a CRD nor an API service stands behind its group", async () => {
    const cluster = new ModelCluster();
    // Without a look at API services nothing is proven.
    expect((await read(cluster, [widget("v1", "widgets")])).objects.has(key)).toBe(false);
    cluster.kinds.add("apiregistration.k8s.io/v1/APIService");
    const live = await read(cluster, [widget("v1", "widgets")]);
    expect(live.objects.has(key)).toBe(true);
    expect(live.objects.get(key)).toBeUndefined();
    const service = {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name: "v1.example.com" },
    };
    cluster.objects.set("apiregistration.k8s.io/APIService/shop/v1.example.com", service);
    cluster.get = async (kind, _namespace, name) =>
      kind.kind === "APIService" && name === "v1.example.com" ? service : undefined;
    expect((await read(cluster, [widget("v1", "widgets")])).objects.has(key)).toBe(false);
  });

  describe("an API service behind the group of an owned object without a CRD", () => {
    const available = (status: string) => ({ conditions: [{ type: "Available", status }] });
    const proves = async (service: Partial<RawObject>, name = "v1.example.com") => {
      const cluster = new ModelCluster();
      cluster.kinds.add("apiregistration.k8s.io/v1/APIService");
      const { apiVersion, kind } = { apiVersion: "apiregistration.k8s.io/v1", kind: "APIService" };
      cluster.objects.set(`apiregistration.k8s.io/APIService//${name}`, {
        ...{ apiVersion, kind, metadata: { name } },
        ...service,
      });
      return (await read(cluster, [widget("v1", "widgets")])).objects.has(key);
    };
    const aggregated = { service: { name: "api", namespace: "default" } };

    test("vouches that the kind is gone when the API server itself serves the rest of the group", async () => {
      expect(await proves({ spec: {}, status: available("True") })).toBe(true);
      expect(await proves({ spec: { service: null }, status: available("True") })).toBe(true);
    });

    test("proves nothing when it is aggregated, or not up", async () => {
      expect(await proves({ spec: aggregated, status: available("True") })).toBe(false);
      expect(await proves({ spec: {}, status: available("False") })).toBe(false);
      expect(await proves({ spec: aggregated, status: available("False") }, "v2.example.com")).toBe(false);
    });

    test("is asked of every version: the object may live on in another", async () => {
      const cluster = new ModelCluster();
      cluster.kinds.add("apiregistration.k8s.io/v1/APIService").add("example.com/v2/Widget");
      const metadata = { name: "v2.example.com" };
      cluster.objects.set("apiregistration.k8s.io/APIService//v2.example.com", {
        ...{ apiVersion: "apiregistration.k8s.io/v1", kind: "APIService", metadata },
        ...{ spec: {}, status: available("True") },
      });
      cluster.objects.set(key, {
        ...{ apiVersion: "example.com/v2", kind: "Widget", metadata: { name: "w", namespace: "shop" } },
      });
      const live = await read(cluster, [widget("v1", "widgets")]);
      expect(live.objects.get(key)).toMatchObject({ apiVersion: "example.com/v2" });
    });
  });

  test("an owned object whose version went away is read in one that its CRD still serves", async () => {
    const cluster = new ModelCluster();
    cluster.kinds.add("apiregistration.k8s.io/v1/APIService").add("example.com/v1/Widget");
    cluster.objects.set("apiextensions.k8s.io/CustomResourceDefinition//widgets.example.com", crd);
    cluster.objects.set(key, {
      apiVersion: "example.com/v1",
      kind: "Widget",
      metadata: { name: "w", namespace: "shop" },
    });
    const live = await read(cluster, [widget("v0", "widgets")]);
    expect(live.objects.get(key)).toMatchObject({ apiVersion: "example.com/v1" });
  });
});

test("CRDs of any shape declare what they can and are never an error", () => {
  const odd = (spec: unknown): RawObject => ({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "x" },
    spec,
  });
  for (const spec of [undefined, null, {}, { versions: "x" }, { versions: [null, {}] }, { names: {} }]) {
    expect(() => declaredKinds([odd(spec)])).not.toThrow();
  }
});
