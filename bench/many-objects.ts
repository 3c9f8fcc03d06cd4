import { nameOf, NAMESPACE } from "./applications.ts";
import type { Benchmark } from "./benchmark.ts";
import { BenchStack } from "./stack.ts";
import { median } from "./statistics.ts";

const OBJECTS = 500;
const ROUNDS = 5;
/** Requests at once, as many as Sluice makes. */
const AT_ONCE = 16;

/** One application with many objects: a sync that changes all of them and one that changes a single one, against the API server alone. */
export const manyObjects: Benchmark = {
  name: "many-objects",
  summary: `webhook -> sync ended of one application with ${OBJECTS} objects, against bare server-side applies of the same`,
  async run({ progress }) {
    await using stack = await BenchStack.start();
    await stack.addApplications(1);
    await stack.syncs.reached(1);
    progress(`${OBJECTS} objects are made`);
    const created = await sync(stack, filesOf("0", 0, OBJECTS));
    progress(`${ROUNDS} rounds: all of them changed, one of them, and applied without Sluice`);
    const [all, one, bare]: [number[], number[], number[]] = [[], [], []];
    for (let round = 1; round <= ROUNDS; round++) {
      all.push(await sync(stack, filesOf(`all ${round}`, 0, OBJECTS)));
      one.push(await sync(stack, filesOf(`one ${round}`, 0, 1)));
      bare.push(await applyBare(stack, `bare ${round}`));
    }
    return [
      { what: `${OBJECTS} objects created`, value: created, unit: "ms" },
      { what: `${OBJECTS} of ${OBJECTS} objects changed, p50`, value: median(all), unit: "ms" },
      { what: `1 of ${OBJECTS} objects changed, p50`, value: median(one), unit: "ms" },
      { what: `${OBJECTS} bare server-side applies, p50`, value: median(bare), unit: "ms" },
      { what: "all changed to bare", value: median(all) / median(bare), unit: "x" },
    ];
  },
};

const nameAt = (at: number): string => `${nameOf(0)}-many-${at}`;

const mapOf = (name: string, version: string): object => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: NAMESPACE },
  data: { version, filler: "x".repeat(1_000) },
});

/** The folder's kustomization, and the objects from `from` to `to` at a version. */
function filesOf(version: string, from: number, to: number): Record<string, string> {
  const folder = `apps/${nameOf(0)}`;
  const resources = ["deployment", ...Array.from({ length: OBJECTS }, (_, at) => nameAt(at))];
  const listed = resources.map((name) => `  - ${name}.yaml\n`).join("");
  const kustomization = `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n${listed}`;
  const objects = Array.from({ length: to - from }, (_, index) => nameAt(from + index)).map(
    (name): [string, string] => [`${folder}/${name}.yaml`, JSON.stringify(mapOf(name, version))],
  );
  return { ...Object.fromEntries(objects), [`${folder}/kustomization.yaml`]: kustomization };
}

/** Milliseconds from the webhook to the recorded end of the sync. */
async function sync(stack: BenchStack, files: Record<string, string>): Promise<number> {
  await stack.commit(files);
  const before = stack.syncs.count();
  const began = performance.now();
  await stack.push();
  await stack.syncs.reached(before + 1);
  return performance.now() - began;
}

/** The same objects under other names, applied by nobody but this loop. */
async function applyBare({ cluster }: BenchStack, version: string): Promise<number> {
  const began = performance.now();
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let at = next++; at < OBJECTS; at = next++) {
      const name = `bare-${at}`;
      const path = `/api/v1/namespaces/${NAMESPACE}/configmaps/${name}?fieldManager=bench&force=true`;
      const contentType = "application/apply-patch+yaml";
      const { status } = await cluster.request(path, { method: "PATCH", contentType, body: mapOf(name, version) });
      if (status >= 300) throw new Error(`${path}: ${status}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return performance.now() - began;
}
