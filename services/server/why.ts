import type { OwnCheck } from "../../activities/judge.ts";
import { type LookCluster, lookAt } from "../../activities/look.ts";
import type { Why } from "../../domain/why/cause.ts";
import type { OperationProgress } from "../../domain/why/waiting.ts";
import { isWellOnceApplied } from "../../domain/health/health.ts";
import { why } from "../../domain/why/why.ts";
import type { Inventory } from "../../schemas/artifact.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { objectKey } from "../../schemas/ids.ts";
import type { ApplicationView } from "../../schemas/views.ts";

/** What answering needs; the server plugs the adapters in. */
export interface WhyDeps {
  views: { get(view: "applications", name: string): ApplicationView | undefined };
  blobs: { getJson<T>(digest: string): Promise<T> };
  cluster(name: string): Promise<LookCluster>;
  /** Health checks out of configuration. */
  own: OwnCheck;
  /** Where the running operation is; undefined when none runs. */
  progress(application: string): Promise<OperationProgress | undefined>;
}

/** Somebody waits for the answer: what takes longer is left out of it. */
const LIMIT_MS = 5_000;

/** Why an application is not as it should be: the ledger's word, the workflow's, and a look at the objects that are not well. */
export function createWhy(deps: WhyDeps): (application: string) => Promise<Why> {
  return async (application) => {
    const view = deps.views.get("applications", application);
    if (!view) throw new SluiceError("NotFound", `There is no application ${application}`);
    const signal = AbortSignal.timeout(LIMIT_MS);
    const [progress, looks] = await Promise.all([
      within(deps.progress(application), signal),
      within(looksOf(deps, view, signal), signal),
    ]);
    return why({ view, progress, looks: looks ?? [] });
  };
}

/** The objects that something is said of, or that the last report does not call healthy. */
async function looksOf({ blobs, cluster, own }: WhyDeps, view: ApplicationView, signal: AbortSignal) {
  if (view.inventory === undefined || view.cluster === undefined) return [];
  const inventory = await blobs.getJson<Inventory>(view.inventory);
  const versions = new Map(inventory.entries.map(({ key, apiVersion }) => [objectKey(key), apiVersion]));
  const named = [...view.health.objects, ...(view.last?.result === "Succeeded" ? [] : (view.last?.noted ?? []))];
  const waitedFor = inventory.entries.filter(({ key }) => !isWellOnceApplied(key)).map(({ key }) => objectKey(key));
  const judged = view.running === undefined ? named.map(({ object }) => object) : waitedFor;
  const wanted = [...new Set(judged)].flatMap((object) => {
    const apiVersion = versions.get(object);
    return apiVersion === undefined ? [] : [{ object, apiVersion }];
  });
  return (await lookAt(await cluster(view.cluster), wanted, { own, signal })).filter(
    ({ health }) => health !== "Healthy",
  );
}

/** What was not there in time, or failed, is not known. */
async function within<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const late = new Promise<undefined>((resolve) =>
    signal.addEventListener("abort", () => resolve(undefined), { once: true }),
  );
  return await Promise.race([work.catch(() => undefined), late]);
}
