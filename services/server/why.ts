import type { OwnCheck } from "../../activities/judge.ts";
import { type LookCluster, lookAt, type Wanted } from "../../activities/look.ts";
import type { Look, Why } from "../../domain/why/cause.ts";
import type { OperationProgress } from "../../domain/why/waiting.ts";
import { isWellOnceApplied } from "../../domain/health/health.ts";
import { why } from "../../domain/why/why.ts";
import type { Inventory, Plan } from "../../schemas/artifact.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { objectKey } from "../../schemas/ids.ts";
import type { ApplicationView, Views } from "../../schemas/views.ts";

/** What answering needs; the server plugs the adapters in. */
export interface WhyDeps {
  views: {
    get<View extends "applications" | "operations">(view: View, key: string): Views[View] | undefined;
  };
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
    return why({ view, progress, looks: looks ?? [], now: new Date().toISOString() });
  };
}

/** The objects that something is said of and, while an operation runs, all that it may wait for, its hooks first. */
async function looksOf(deps: WhyDeps, view: ApplicationView, signal: AbortSignal): Promise<Look[]> {
  if (view.inventory === undefined || view.cluster === undefined) return [];
  const { entries } = await deps.blobs.getJson<Inventory>(view.inventory);
  const owned = entries.map(({ key, apiVersion }) => ({ key, object: objectKey(key), apiVersion }));
  const named = new Set([...view.health.objects, ...(view.last?.noted ?? [])].map(({ object }) => object));
  const wanted =
    view.running === undefined
      ? owned.filter(({ object }) => named.has(object))
      : [...(await hooksOf(deps, view, view.running)), ...owned.filter(({ key }) => !isWellOnceApplied(key))];
  const looks = await lookAt(await deps.cluster(view.cluster), wanted, { own: deps.own, signal });
  return looks.filter(({ health }) => health !== "Healthy");
}

/** The hooks that the running operation has made; one whose turn has not come is not there, and not missed. */
async function hooksOf({ views, blobs }: WhyDeps, { name }: ApplicationView, operation: string): Promise<Wanted[]> {
  const digest = views.get("operations", `${name}/${operation}`)?.plan;
  const { hooks = [] } = digest === undefined ? {} : await blobs.getJson<Pick<Plan, "hooks">>(digest);
  return hooks.map(({ key, apiVersion }) => ({ object: objectKey(key), apiVersion, optional: true }));
}

/** What was not there in time, or failed, is not known. */
async function within<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const late = new Promise<undefined>((resolve) =>
    signal.addEventListener("abort", () => resolve(undefined), { once: true }),
  );
  return await Promise.race([work.catch(() => undefined), late]);
}
