import { nameOf, NAMESPACE } from "./applications.ts";
import type { Benchmark } from "./benchmark.ts";
import { BenchStack, pause } from "./stack.ts";
import { median } from "./statistics.ts";

const OBJECTS = 20;
const WAVES = 10;
const ROUNDS = 25;
/** Rounds before the measured ones. */
const WARMING = 5;

/** What a wave costs beside its objects: the same objects in one wave and in ten, changed in turns. */
export const waves: Benchmark = {
  name: "waves",
  summary: `webhook -> sync ended of ${OBJECTS} objects in 1 wave and in ${WAVES}: the overhead of a wave`,
  async run({ progress }) {
    await using stack = await BenchStack.start();
    await stack.addApplications(2);
    await stack.syncs.reached(2);
    const times: Record<number, number[]> = { 0: [], 1: [] };
    progress(`${WARMING} + ${ROUNDS} rounds, each with a push to either`);
    for (let round = -WARMING; round < ROUNDS; round++) {
      for (const [index, count] of [1, WAVES].entries()) {
        const took = await pushAll(stack, { index, count, version: String(round) });
        if (round >= 0) times[index]?.push(took);
        await pause(50);
      }
    }
    const [one, many] = [median(times[0] ?? []), median(times[1] ?? [])];
    return [
      { what: `${OBJECTS} objects in 1 wave, p50`, value: one, unit: "ms" },
      { what: `${OBJECTS} objects in ${WAVES} waves, p50`, value: many, unit: "ms" },
      { what: "overhead of a wave over its objects' own time", value: (many - one) / (WAVES - 1), unit: "ms" },
      { what: `${WAVES} waves to 1`, value: many / one, unit: "x" },
    ];
  },
};

/** Changes every object of an application; milliseconds from the webhook to the recorded end of its sync. */
async function pushAll(
  stack: BenchStack,
  { index, count, version }: { index: number; count: number; version: string },
): Promise<number> {
  const folder = `apps/${nameOf(index)}`;
  const names = Array.from({ length: OBJECTS }, (_, at) => `${nameOf(index)}-${at}`);
  const files = names.map((name, at): [string, string] => [`${folder}/${name}.yaml`, map(name, at % count, version)]);
  const resources = ["deployment", ...names].map((name) => `  - ${name}.yaml\n`).join("");
  const kustomization = `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n${resources}`;
  await stack.commit({ ...Object.fromEntries(files), [`${folder}/kustomization.yaml`]: kustomization });
  const before = stack.syncs.count();
  const began = performance.now();
  await stack.push();
  await stack.syncs.reached(before + 1);
  return performance.now() - began;
}

const map = (name: string, wave: number, version: string): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: NAMESPACE, annotations: { "sluice.dev/sync-wave": String(wave) } },
    data: { version },
  });
