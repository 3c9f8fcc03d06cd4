import fc from "fast-check";
import { expect, test } from "vitest";
import type { RawObject } from "../../schemas/artifact.ts";
import { ownerOf } from "../../domain/sync/tracking.ts";
import { ModelApplication } from "./model-application.ts";
import { ModelCluster } from "./model-cluster.ts";

const data = fc.dictionary(fc.constantFrom("a", "b", "c"), fc.constantFrom("1", "2", "3"), { maxKeys: 3 });
const name = fc.constantFrom("one", "two", "three", "four");
const rendering = fc.uniqueArray(fc.record({ name, data }), { selector: (item) => item.name, maxLength: 4 });

type Rendering = { name: string; data: Record<string, string> }[];
const objectsOf = (items: Rendering): RawObject[] =>
  items.map((item) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: item.name }, data: item.data }));

const keyOf = (item: { name: string }): string => `/ConfigMap/shop/${item.name}`;

/** What may happen between two syncs, or in the middle of one. */
const event = fc.oneof(
  fc.record({ type: fc.constant("sync" as const), items: rendering }),
  fc.record({ type: fc.constant("crash" as const), items: rendering, after: fc.nat(4) }),
  fc.record({ type: fc.constant("lost answer" as const), items: rendering }),
  fc.record({
    type: fc.constant("edit" as const),
    name,
    key: fc.constantFrom("a", "b", "c"),
    value: fc.constantFrom("1", "x"),
  }),
  fc.record({ type: fc.constant("remove field" as const), name, key: fc.constantFrom("a", "b", "c") }),
  fc.record({ type: fc.constant("delete" as const), name }),
  fc.record({ type: fc.constant("replace" as const), name, marks: fc.boolean() }),
);

type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;

class Killed extends Error {}

async function happen(app: ModelApplication, what: Event): Promise<void> {
  const { cluster } = app;
  if (what.type === "sync") return void (await app.sync(objectsOf(what.items), { force: true }));
  if (what.type === "delete") return void cluster.objects.delete(keyOf(what));
  if (what.type === "replace") return cluster.supplant(keyOf(what), what.marks);
  if (what.type === "edit" || what.type === "remove field") {
    const change = (map: Record<string, string>): void => {
      if (what.type === "edit") map[what.key] = what.value;
      else delete map[what.key];
    };
    return cluster.edit(keyOf(what), (live) => change((live["data"] ??= {}) as Record<string, string>));
  }
  // The start is recorded with the intended inventory; then the worker dies, during the apply or before its answer.
  const planned = await app.plan(objectsOf(what.items), { force: true });
  app.inventory = planned.inventory;
  let left = what.type === "crash" ? what.after : Infinity;
  cluster.interfere = ({ verb }) => {
    if ((verb === "apply" || verb === "delete") && left-- <= 0) throw new Killed();
  };
  await app.apply(planned).catch(() => undefined);
  cluster.interfere = () => undefined;
}

test("whatever happened before, a sync makes live equal to desired, and the plan after it has nothing to do", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 8 }), rendering, async (events, last) => {
      const app = new ModelApplication(new ModelCluster());
      for (const what of events) await happen(app, what);

      const done = await app.sync(objectsOf(last), { force: true });
      expect(done.failures).toEqual([]);
      for (const item of last) {
        const live = app.cluster.objects.get(keyOf(item));
        expect(live?.["data"] ?? {}).toMatchObject(item.data);
        expect(live && ownerOf(live)).toBe("shop");
      }
      const again = await app.plan(objectsOf(last), { force: true });
      expect(
        (await app.steps(again)).filter((step) => !/ unchanged | refuse (Replaced|NotTracked)$/.test(step)),
      ).toEqual([]);
      expect(again.inventory).toBe(done.inventory);
    }),
    { numRuns: 300 },
  );
});

test("a prune deletes only what the inventory has by uid and what is marked as ours", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 10 }), async (events) => {
      const app = new ModelApplication(new ModelCluster());
      const deleting = app.cluster.delete.bind(app.cluster);
      app.cluster.delete = async (kind, namespace, objectName, options) => {
        const live = app.cluster.objects.get(`/ConfigMap/${namespace}/${objectName}`);
        const entry = (await app.entries()).find(({ key }) => key.name === objectName);
        expect(live && ownerOf(live)).toBe("shop");
        expect(options.uid).toBe(live?.metadata.uid);
        expect(entry?.uid ?? options.uid).toBe(options.uid);
        return await deleting(kind, namespace, objectName, options);
      };
      for (const what of events) await happen(app, what);
    }),
    { numRuns: 200 },
  );
});
