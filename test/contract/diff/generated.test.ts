import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RawObject } from "../../../schemas/artifact.ts";
import { newNamespace, syncStage, type Stage, type TestApplication } from "../sync/stage.ts";
import { GENERATED_KINDS, oneOfEachKind } from "./generated-kinds.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await syncStage();
});
afterAll(() => stage?.stop());

/** What the dry run finds to differ, with the states, so that a counterexample tells all. */
async function differences(app: TestApplication, objects: readonly RawObject[]): Promise<unknown[]> {
  const { comparison } = await app.compare(objects);
  return (await app.blobs.getJson<{ objects: unknown[] }>(comparison)).objects;
}

let runs = 0;

test("the difference between any object and what its apply made is empty, for every built-in kind", async () => {
  await fc.assert(
    fc.asyncProperty(oneOfEachKind("x"), async (objects) => {
      expect(objects).toHaveLength(GENERATED_KINDS.length);
      const namespace = await newNamespace(stage.client, `generated-${++runs}`);
      const app = stage.application(namespace, { namespace });
      const named = objects.map((object): RawObject => {
        const { metadata } = object;
        return { ...object, metadata: { ...metadata, name: `${metadata.name}-${runs}` } };
      });
      const done = await app.sync(named);
      expect(
        done.reportBlob.outcomes.filter(({ result }) => result === "failed").map(({ message }) => message),
      ).toEqual([]);
      expect(done.refused).toEqual([]);
      const again = await app.steps(named);
      expect(again.filter((step) => !step.includes("unchanged Recorded"))).toEqual([]);
      // Without what it remembers, every object is tried by the API server's own dry run.
      app.inventory = undefined;
      expect(await differences(app, named)).toEqual([]);
      const noted = named.map(({ metadata, ...rest }) => ({
        ...rest,
        metadata: { ...metadata, annotations: { ...metadata.annotations, "example.com/one": "more" } },
      }));
      expect(await differences(app, noted as RawObject[])).toHaveLength(named.length);
    }),
    { numRuns: 8, seed: 20_261_121, endOnFailure: true },
  );
}, 180_000);
