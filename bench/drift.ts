import { nameOf, NAMESPACE } from "./applications.ts";
import type { Benchmark } from "./benchmark.ts";
import { grow, type Fleet } from "./fleet.ts";
import { BenchStack, pause } from "./stack.ts";
import { median, percentile } from "./statistics.ts";

const APPLICATIONS = 100;
const EDITS = 40;

/** A manual edit until it is known, and until it is put back. */
export const drift: Benchmark = {
  name: "drift",
  summary: "manual change of a managed object -> DriftDetected in the ledger, and -> put back with self-heal",
  async run({ progress }) {
    await using stack = await BenchStack.start();
    const fleet: Fleet = { stack, size: 0 };
    await grow(fleet, APPLICATIONS, { progress, selfHeal: true });
    const detected: number[] = [];
    const back: number[] = [];
    progress(`${EDITS} manual changes, one per application`);
    for (let index = 0; index < EDITS; index++) {
      stack.configMaps.clear();
      const edited = new Date(Date.now());
      const began = performance.now();
      await edit(stack, index);
      const { at } = await stack.configMaps.heard(isPutBack(index));
      back.push(at - began);
      detected.push((await detectedAt(stack, index)) - edited.getTime());
      await pause(100);
    }
    return [
      { what: "manual change -> DriftDetected recorded, p50", value: median(detected), unit: "ms" },
      { what: "manual change -> put back, p50", value: median(back), unit: "ms", budget: "150 ms" },
      { what: "manual change -> put back, p99", value: percentile(back, 0.99), unit: "ms", budget: "300 ms" },
    ];
  },
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
