import fc from "fast-check";
import { expect, test } from "vitest";
import { createApplyActivity } from "../../activities/apply.ts";
import type { Planned } from "../../activities/plan.ts";
import type { Applied } from "../../activities/steps.ts";
import { hookRunOf } from "../../domain/sync/hooks.ts";
import { keyTextOf } from "../../domain/sync/identity.ts";
import { placementOf } from "../../domain/sync/phases.ts";
import type { RawObject } from "../../schemas/artifact.ts";
import { HOOK_PHASES, HOOK_RUN_ANNOTATION, type Part } from "../../schemas/phases.ts";
import { digests, ModelApplication } from "./model-application.ts";
import { ModelCluster } from "./model-cluster.ts";

/** A sync part by part, its worker killed between any two requests: order, and each hook once, hold all the same. */

const ANNOTATION = "argocd.argoproj.io";
const drawn = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom("a", "b", "c", "d", "e", "f"),
    wave: fc.integer({ min: -1, max: 2 }),
    hook: fc.option(fc.constantFrom("PreSync", "Sync", "PostSync", "PreSync,PostSync")),
    policy: fc.option(fc.constantFrom("HookSucceeded", "BeforeHookCreation", "HookFailed")),
  }),
  { selector: ({ name }) => name, minLength: 1 },
);

const objectsOf = (items: typeof drawn extends fc.Arbitrary<infer T> ? T : never): RawObject[] =>
  items.map(({ name, wave, hook, policy }) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name,
      annotations: {
        [`${ANNOTATION}/sync-wave`]: String(wave),
        ...(hook === null ? {} : { [`${ANNOTATION}/hook`]: hook }),
        ...(hook === null || policy === null ? {} : { [`${ANNOTATION}/hook-delete-policy`]: policy }),
      },
    },
  }));

class Killed extends Error {}

/** Carries a plan out as the workflow does; a step of which the worker is killed is run again from its input. */
async function carryOut(app: ModelApplication, planned: Planned, kills: Iterator<number>): Promise<Applied> {
  const { blobs, cluster } = app;
  const activity = createApplyActivity({ blobs, cluster: async () => cluster, open: (object) => object, digests });
  const context = { signal: new AbortController().signal, progress: undefined, heartbeat: () => undefined };
  const { operation } = await app.planBlob(planned);
  const input = { application: app.name, operation, kind: "sync", cluster: "test", plan: planned.plan } as const;
  const run = async (part: Part | undefined, before: Applied | undefined): Promise<Applied> => {
    const left = before ? { report: before.report, inventory: before.inventory } : {};
    for (;;) {
      let requests = (kills.next().value as number | undefined) ?? Infinity;
      cluster.interfere = () => {
        if (requests-- <= 0) throw new Killed();
      };
      try {
        const applied = await activity({ ...input, ...left, ...(part && { part }) }, context);
        // A failure that the kill itself made up is no answer: the worker is dead.
        if (requests >= 0) return applied;
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
      }
    }
  };
  let applied: Applied | undefined;
  for (const part of planned.course?.waves ?? [undefined]) {
    applied = await run(part, applied);
    expect(applied.failures).toEqual([]);
  }
  if (applied?.leftovers) applied = await run({ phase: "Cleanup", wave: 0 }, applied);
  cluster.interfere = () => undefined;
  return applied!;
}

/** Where an object of the cluster stands in the order: as a hook by the run that made it, else in Sync. */
function rankOf(object: RawObject): number {
  const run = object.metadata.annotations?.[HOOK_RUN_ANNOTATION];
  const phase = HOOK_PHASES.findIndex((name) => name === (run?.split("/").at(-1) ?? "Sync"));
  return phase * 100 + placementOf(object).wave;
}

test("objects are made in the order of phases and waves, and each hook once per sync", async () => {
  await fc.assert(
    fc.asyncProperty(drawn, fc.array(fc.nat(12), { maxLength: 12 }), async (items, kills) => {
      const app = new ModelApplication(new ModelCluster());
      const made: RawObject[] = [];
      const applying = app.cluster.apply.bind(app.cluster);
      app.cluster.apply = async (kind, object, options) => {
        const before = hookRunOf(app.cluster.objects.get(keyTextOf(object)) ?? object);
        const answer = await applying(kind, object, options);
        if (answer.created || before !== hookRunOf(answer.object)) made.push(answer.object);
        return answer;
      };
      const objects = objectsOf(items);
      for (let sync = 1; sync <= 2; sync++) {
        made.length = 0;
        const planned = await app.plan(objects, { hooks: "always" });
        const done = await carryOut(app, planned, kills[Symbol.iterator]());
        app.inventory = done.inventory;

        const order = made.map(rankOf);
        expect(order).toEqual(order.toSorted((a, b) => a - b));
        const runs = made.flatMap(({ metadata }) => {
          const run = metadata.annotations?.[HOOK_RUN_ANNOTATION];
          return run === undefined ? [] : [`${metadata.name} ${run}`];
        });
        const { hooks = [] } = await app.planBlob(planned);
        expect(runs.toSorted()).toEqual(hooks.map(({ key, run }) => `${key.name} ${run}`).toSorted());
        expect((await app.entries()).map(({ key }) => key.name).toSorted()).toEqual(
          items
            .filter(({ hook }) => hook === null)
            .map(({ name }) => name)
            .toSorted(),
        );
        // A hook's object stays unless its policy has it deleted after a success, which every ConfigMap is.
        for (const { name, hook, policy } of items) {
          const there = app.cluster.objects.has(`/ConfigMap/shop/${name}`);
          expect(there, name).toBe(hook === null || policy !== "HookSucceeded");
        }
      }
      expect((await app.plan(objects, { hooks: "ifWriting" })).course).toBeUndefined();
    }),
    { numRuns: 100 },
  );
});
