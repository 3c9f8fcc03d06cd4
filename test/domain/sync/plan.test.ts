import { describe, expect, test } from "vitest";
import { desiredDigest } from "../../../domain/sync/canonical.ts";
import { decorate } from "../../../domain/sync/decorate.ts";
import { fieldsDigest } from "../../../domain/sync/field-set.ts";
import { keyTextOf } from "../../../domain/sync/identity.ts";
import { plan, type PlanInput, type PlanOptions } from "../../../domain/sync/plan.ts";
import { PRUNE_LIMIT } from "../../../domain/sync/prune.ts";
import type { InventoryEntry, RawObject } from "../../../schemas/artifact.ts";
import { configMap, digests, entryOf, objectOf, tracked } from "./objects.ts";

const desiredOf = (...objects: RawObject[]): RawObject[] =>
  decorate(objects, { application: "shop", namespace: "shop", scopeOf: () => "namespaced" });
const desired = desiredOf(configMap("a", { k: "1" }))[0] as RawObject;
const fieldSet = { "f:data": { "f:k": {} } };

const liveOf = (object: RawObject, uid = "u1"): RawObject => ({ ...object, metadata: { ...object.metadata, uid } });
const recorded = (object: RawObject, uid: string | null = "u1", more: Partial<InventoryEntry> = {}): InventoryEntry =>
  entryOf(object, uid, {
    desired: desiredDigest(object, digests),
    fieldSet,
    fields: fieldsDigest(liveOf(object), fieldSet, digests),
    ...more,
  });

interface Given {
  desired?: RawObject[];
  live?: (RawObject | undefined)[];
  /** Keys known to be absent. */
  absent?: RawObject[];
  inventory?: InventoryEntry[];
  options?: Partial<PlanOptions>;
}

function planned({ desired: objects = [desired], live = [], absent = [], inventory = [], options = {} }: Given) {
  const input: PlanInput = {
    application: "shop",
    operation: "op",
    cluster: "c",
    artifact: { digest: "artifact", objects },
    live: new Map<string, RawObject | undefined>([
      ...absent.map((object): [string, undefined] => [keyTextOf(object), undefined]),
      ...live.flatMap((object) => (object ? [[keyTextOf(object), object] as [string, RawObject]] : [])),
    ]),
    inventory: { version: 1, application: "shop", cluster: "c", entries: inventory },
    options: {
      prune: true,
      allowEmpty: false,
      pruneLimit: PRUNE_LIMIT,
      proof: { rendered: true, move: "forward", staleGroups: [] },
      force: false,
      kindsLater: new Set(),
      kindsUnknown: new Set(),
      ...options,
    },
    digests,
  };
  const made = plan(input);
  return { ...made, words: made.steps.map(({ key, action, reason }) => `${key.name} ${action} ${reason}`) };
}

describe("a rendered object", () => {
  test("that is not live is created", () => {
    expect(planned({ absent: [desired] }).words).toEqual(["a create NotLive"]);
  });
  test("that was never read is refused: nothing is written blindly", () => {
    expect(planned({}).words).toEqual(["a refuse LiveUnknown"]);
  });
  test("that is as it was applied is unchanged", () => {
    expect(planned({ live: [liveOf(desired)], inventory: [recorded(desired)] }).words).toEqual([
      "a unchanged Recorded",
    ]);
  });
  test("that is live and not in the inventory is taken in", () => {
    expect(planned({ live: [liveOf(desired)] }).words).toEqual(["a update NotRecorded"]);
  });
  test.each<[string, Partial<InventoryEntry>]>([
    ["ApplyUnrecorded", { uid: null }],
    ["Replaced", { uid: "u0" }],
    ["DesiredChanged", { desired: "other" }],
    ["FieldsUnknown", { fields: null }],
    ["FieldsUnknown", { fieldSet: null }],
    ["Drifted", { fields: "other" }],
  ])("is updated because %s", (reason, more) => {
    const inventory = [recorded(desired, "u1", more)];
    expect(planned({ live: [liveOf(desired)], inventory }).words).toEqual([`a update ${reason}`]);
  });
  test("of another application is refused, whatever the options, and says whose it is", () => {
    const live = tracked(configMap("a"), "other", "u1");
    const made = planned({ live: [live], options: { force: true } });
    expect(made.words).toEqual(["a refuse OwnedByOther"]);
    expect(made.steps[0]?.message).toContain("it belongs to application other");
    expect(made.counts.refused).toBe(1);
  });
  test("with a copied tracking id belongs to nobody", () => {
    const copy = tracked(configMap("b"), "other", "u1");
    const live = { ...copy, metadata: { ...copy.metadata, name: "a" } };
    expect(planned({ live: [live] }).words).toEqual(["a update NotRecorded"]);
  });
  test("that is being deleted is created anew", () => {
    const live = liveOf(desired);
    live.metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z";
    expect(planned({ live: [live], inventory: [recorded(desired)] }).words).toEqual(["a recreate Terminating"]);
  });
  test("of a kind that comes with a CRD, or that nobody knows", () => {
    expect(planned({ options: { kindsLater: new Set(["/ConfigMap"]) } }).words).toEqual(["a create KindLater"]);
    expect(planned({ options: { kindsUnknown: new Set(["/ConfigMap"]) } }).words).toEqual(["a create KindUnknown"]);
  });
  test("that a dry run would not change is unchanged, though it was never recorded", () => {
    const live = liveOf(desired);
    const predicted = {
      ...live,
      metadata: { ...live.metadata, resourceVersion: "9", managedFields: [{}] },
      status: { a: 1 },
    };
    const options = (object: RawObject) => ({ predicted: new Map([[keyTextOf(live), object]]) });
    expect(planned({ live: [live], options: options(predicted) }).words).toEqual(["a unchanged DryRunEqual"]);
    expect(planned({ live: [live], options: options({ ...predicted, data: {} }) }).words).toEqual([
      "a update NotRecorded",
    ]);
  });
});

test("what the plan saw of the live object is remembered: its uid and health", () => {
  const service = desiredOf(objectOf("v1", "Service", "lb", { spec: { type: "LoadBalancer" } }))[0] as RawObject;
  const [step] = planned({ desired: [service], live: [liveOf(service)] }).steps;
  expect(step).toMatchObject({
    uid: "u1",
    health: "Progressing",
    healthMessage: "the load balancer has no address yet",
  });
});

test("steps are in apply order and prunes in reverse, and the counts say how many of each", () => {
  const olds = desiredOf(configMap("old"), objectOf("apps/v1", "Deployment", "web", { namespace: "shop" }));
  const made = planned({
    desired: desiredOf(configMap("b"), objectOf("v1", "Service", "s")),
    absent: desiredOf(configMap("b"), objectOf("v1", "Service", "s")),
    live: olds.map((object) => liveOf(object, `uid-${object.metadata.name}`)),
    inventory: olds.map((object) => recorded(object, `uid-${object.metadata.name}`)),
  });
  expect(made.words).toEqual(["b create NotLive", "s create NotLive", "web prune NotDesired", "old prune NotDesired"]);
  expect(made.counts).toEqual({ create: 2, update: 0, recreate: 0, unchanged: 0, prune: 2, refused: 0, failed: 0 });
});

describe("an object that is no longer rendered", () => {
  const old = desiredOf(configMap("old"))[0] as RawObject;
  const base: Given = {
    live: [liveOf(desired), liveOf(old, "u2")],
    inventory: [recorded(desired), recorded(old, "u2")],
  };
  const proof = (more: object) =>
    ({ proof: { rendered: true, move: "forward", staleGroups: [], ...more } }) as Partial<PlanOptions>;
  const second = (given: Given): string | undefined => planned({ ...base, ...given }).words[1];

  test("is pruned when everything is proven", () => {
    expect(second({})).toBe("old prune NotDesired");
    expect(second({ options: proof({ move: "chosen" }) })).toBe("old prune NotDesired");
  });
  test("is forgotten when it is proven gone, and kept when discovery can't vouch for that", () => {
    expect(planned({ ...base, live: [liveOf(desired)], absent: [old] }).words).toHaveLength(1);
    expect(second({ live: [liveOf(desired)], absent: [old], options: proof({ staleGroups: ["x"] }) })).toBe(
      "old refuse DiscoveryStale",
    );
    expect(second({ live: [liveOf(desired)] })).toBe("old refuse LiveUnknown");
  });
  test.each<[string, Partial<PlanOptions>]>([
    ["PruneDisabled", { prune: false }],
    ["RenderNotProven", proof({ rendered: false })],
    ["OverPruneLimit", { pruneLimit: { share: 0.3, objects: 0 } }],
    ["DiscoveryStale", proof({ staleGroups: ["metrics.k8s.io"] })],
    ["RevisionNotForward", proof({ move: "diverged" })],
    ["RevisionNotForward", proof({ move: "unknown" })],
  ])("stays because %s", (reason, options) => {
    expect(second({ options })).toBe(`old refuse ${reason}`);
  });
  test("stays when nothing is rendered at all, unless that is allowed", () => {
    const only = { desired: [], live: [liveOf(old, "u2")], inventory: [recorded(old, "u2")] };
    expect(planned(only).words).toEqual(["old refuse EmptyRender"]);
    expect(planned(only).steps[0]?.message).toContain("automated.allowEmpty");
    const without = planned({ ...only, options: { prune: false } });
    expect(without.words).toEqual(["old refuse PruneDisabled"]);
    expect(without.steps[0]?.message).toContain("automated.allowEmpty");
    expect(planned({ ...only, options: { allowEmpty: true } }).words).toEqual(["old prune NotDesired"]);
  });
  test("that is protected is never told to be pruned, not even where prune is off", () => {
    const { name, namespace } = configMap("old").metadata;
    const annotations = { "argocd.argoproj.io/sync-options": "Prune=false" };
    const kept = tracked(
      { ...configMap("old"), metadata: { name, ...(namespace && { namespace }), annotations } },
      "shop",
      "u2",
    );
    const { words, steps } = planned({ ...base, live: [liveOf(desired), kept], options: { prune: false } });
    expect(words[1]).toBe("old refuse Protected");
    expect(steps[1]?.message).toContain("Prune=false; delete it by hand");
    expect(steps[1]?.message).not.toContain("sync with prune");
  });
  test("stays when another live object has its uid under a key that is rendered", () => {
    expect(second({ live: [liveOf(desired, "u2"), liveOf(old, "u2")] })).toBe("old refuse StillDesired");
  });
  test.each<[string, RawObject]>([
    ["NotOurs", { ...configMap("old"), metadata: { ...configMap("old").metadata, uid: "u9" } }],
    ["Replaced", liveOf(old, "u9")],
    ["NotTracked", { ...configMap("old"), metadata: { ...configMap("old").metadata, uid: "u2" } }],
    ["OwnedByOther", tracked(configMap("old"), "other", "u2")],
    [
      "Protected",
      tracked(
        {
          ...configMap("old"),
          metadata: {
            ...configMap("old").metadata,
            annotations: { "argocd.argoproj.io/sync-options": "Validate=false, Prune=false" },
          },
        },
        "shop",
        "u2",
      ),
    ],
  ])("stays because the live object says %s", (reason, object) => {
    expect(second({ live: [liveOf(desired), object] })).toBe(`old refuse ${reason}`);
  });
  test("whose apply was never recorded is ours only by its tracking id", () => {
    const unrecorded = [recorded(desired), recorded(old, null)];
    expect(second({ inventory: unrecorded })).toBe("old prune NotDesired");
    const foreign = { ...configMap("old"), metadata: { ...configMap("old").metadata, uid: "u2" } };
    expect(second({ inventory: unrecorded, live: [liveOf(desired), foreign] })).toBe("old refuse NotOurs");
  });
});

describe("the limit of a prune", () => {
  const olds = (count: number) => desiredOf(...Array.from({ length: count }, (_, index) => configMap(`o${index}`)));
  const removed = (count: number, of: number): number => {
    const gone = olds(count);
    const kept = desiredOf(...Array.from({ length: of - count }, (_, index) => configMap(`k${index}`)));
    const uid = (object: RawObject) => `uid-${object.metadata.name}`;
    const all = [...gone, ...kept];
    const inventory = all.map((object) => recorded(object, uid(object)));
    return planned({ desired: kept, live: all.map((object) => liveOf(object, uid(object))), inventory }).counts.prune;
  };
  test("is 10 objects, or 30 % where that is more", () => {
    expect(removed(10, 11)).toBe(10);
    expect(removed(11, 12)).toBe(0);
    expect(removed(30, 100)).toBe(30);
    expect(removed(31, 100)).toBe(0);
  });
});
