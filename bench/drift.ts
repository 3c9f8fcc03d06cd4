import { nameOf, NAMESPACE } from "./applications.ts";
import type { Benchmark, Figure } from "./benchmark.ts";
import { grow, type Fleet } from "./fleet.ts";
import { BenchStack, pause } from "./stack.ts";
import { median, percentile } from "./statistics.ts";

const SIZES = [10, 100];
const LARGE = [1_000];
/** One per object: a second change of the same object soon after waits for its back-off. */
const MOST_EDITS = 40;

/** A manual edit until it is known, and until it is put back. */
export const drift: Benchmark = {
  name: "drift",
  summary: "manual change of a managed object -> DriftDetected in the ledger, and -> put back with self-heal",
  async run({ progress, large }) {
    await using stack = await BenchStack.start();
    const fleet: Fleet = { stack, size: 0 };
    const figures: Figure[] = [];
    let edited = 0;
    for (const size of large ? [...SIZES, ...LARGE] : SIZES) {
      await grow(fleet, size, { progress, selfHeal: true });
      const edits = Math.min(MOST_EDITS, size - edited);
      progress(`${size} applications: ${edits} manual changes, one per application`);
      const taken = await measured(stack, { from: edited, edits });
      edited += edits;
      figures.push(...figuresOf(size, taken));
    }
    return figures;
  },
};

interface Taken {
  detected: number[];
  back: number[];
}

async function measured(stack: BenchStack, { from, edits }: { from: number; edits: number }): Promise<Taken> {
  const taken: Taken = { detected: [], back: [] };
  for (let index = from; index < from + edits; index++) {
    stack.configMaps.clear();
    const edited = Date.now();
    const began = performance.now();
    await edit(stack, index);
    const { at } = await stack.configMaps.heard(isPutBack(index));
    taken.back.push(at - began);
    taken.detected.push((await detectedAt(stack, index)) - edited);
    await pause(100);
  }
  return taken;
}

const figuresOf = (size: number, { detected, back }: Taken): Figure[] => {
  const what = `${size} applications, manual change`;
  return [
    { what: `${what} -> DriftDetected recorded, p50`, value: median(detected), unit: "ms" },
    {
      what: `${what} -> DriftDetected recorded, p99`,
      value: percentile(detected, 0.99),
      unit: "ms",
      budget: "1000 ms",
    },
    { what: `${what} -> put back, p50`, value: median(back), unit: "ms", budget: "150 ms" },
    { what: `${what} -> put back, p99`, value: percentile(back, 0.99), unit: "ms", budget: "300 ms" },
  ];
};

const EDITED = "edited by hand";

async function edit({ cluster }: BenchStack, index: number): Promise<void> {
  const path = `/api/v1/namespaces/${NAMESPACE}/configmaps/${nameOf(index)}?fieldManager=kubectl-edit`;
  const contentType = "application/merge-patch+json";
  const { status } = await cluster.request(path, {
    method: "PATCH",
    contentType,
    body: { data: { version: EDITED } },
  });
  if (status !== 200) throw new Error(`the manual change was answered ${status}`);
}

const isPutBack =
  (index: number) =>
  ({
    object,
    type,
  }: {
    type: string;
    object: { metadata: { name: string }; data?: Record<string, string> };
  }): boolean =>
    type === "MODIFIED" && object.metadata.name === nameOf(index) && object.data?.["version"] !== EDITED;

/** When the newest DriftDetected of an application was recorded, in milliseconds since 1970. */
async function detectedAt(stack: BenchStack, index: number): Promise<number> {
  for (;;) {
    const { items } = await stack.api<{ items: { at: string; type: string }[] }>(
      `/applications/${nameOf(index)}/events`,
    );
    const found = items.findLast(({ type }) => type === "DriftDetected");
    if (found) return Date.parse(found.at);
    await pause(20);
  }
}
