import { nameOf, changeOf } from "./applications.ts";
import { pause, type BenchStack } from "./stack.ts";

/** A stack that holds so many applications, all synced and healthy. */
export interface Fleet {
  stack: BenchStack;
  size: number;
}

/** Names applications to a fleet and waits until all are healthy. The seconds from the first request to the last sync's end. */
export async function grow(
  fleet: Fleet,
  size: number,
  options: { selfHeal?: boolean; progress?: (text: string) => void } = {},
): Promise<number> {
  const { stack, size: from } = fleet;
  const before = stack.syncs.count();
  const began = performance.now();
  await stack.addApplications(size - from, { from, selfHeal: options.selfHeal ?? false });
  await ended(fleet, before + size - from, options.progress);
  fleet.size = size;
  return (performance.now() - began) / 1_000;
}

/** One commit to every application. The seconds from the webhook to the last sync's end. */
export async function changeAll(fleet: Fleet, version: string, progress?: (text: string) => void): Promise<number> {
  const { stack, size } = fleet;
  const before = stack.syncs.count();
  const files = Array.from({ length: size }, (_, index) => changeOf(index, version));
  await stack.commit(Object.assign({}, ...files) as Record<string, string>);
  const began = performance.now();
  await stack.push();
  await ended(fleet, before + size, progress);
  return (performance.now() - began) / 1_000;
}

async function ended({ stack }: Fleet, total: number, progress?: (text: string) => void): Promise<void> {
  const telling = setInterval(() => progress?.(`${stack.syncs.count()} of ${total} syncs have ended`), 10_000);
  await stack.syncs.reached(total).finally(() => clearInterval(telling));
  const deadline = Date.now() + 30_000;
  for (let left = await stack.unhealthy(); left.length > 0; left = await stack.unhealthy()) {
    if (Date.now() > deadline) throw new Error(`${left.length} applications are not healthy, ${left[0]} first`);
    await pause(250);
  }
}

/** Milliseconds of one push that changes one application. */
export interface Pushed {
  /** Until the webhook's answer. */
  answer: number;
  /** Until the watch on the cluster saw the new object. */
  object: number;
  /** Until the sync's end was recorded. */
  end: number;
}

/** Commits to one application and sends the webhook; the fleet is at rest afterwards. */
export async function pushOne({ stack }: Fleet, index: number, version: string): Promise<Pushed> {
  await stack.commit(changeOf(index, version));
  const before = stack.syncs.count();
  stack.configMaps.clear();
  const began = performance.now();
  const [answered, { at }] = await Promise.all([
    stack.push(),
    stack.configMaps.heard(
      ({ object }) => object.metadata.name === nameOf(index) && object.data?.["version"] === version,
    ),
  ]);
  await stack.syncs.reached(before + 1);
  return { answer: answered - began, object: at - began, end: performance.now() - began };
}
