import { createHash } from "node:crypto";
import type { Logger } from "pino";
import { createAdmit } from "../../activities/admit.ts";
import type { ActivityDeps } from "../../activities/activities.ts";
import { DEFAULT_WAITS } from "../../activities/activities.ts";
import { createApplyActivity } from "../../activities/apply.ts";
import { createAssessActivity } from "../../activities/assess.ts";
import { createDryRun } from "../../activities/dry-run.ts";
import { createCompareActivity } from "../../activities/compare.ts";
import { localArtifact } from "../../activities/local.ts";
import { createPlanActivity } from "../../activities/plan.ts";
import type { PlanIgnoredDeps } from "../../activities/plan-ignored.ts";
import type { PrepareDeps } from "../../activities/prepare.ts";
import type { RenderLocal } from "../../activities/source.ts";
import type { Jq } from "../../adapters/jq/jq.ts";
import type { KubeClient } from "../../adapters/kubernetes/client.ts";
import { maskObject, openObject } from "../../adapters/secrets/objects.ts";
import { rulesOf } from "../../domain/diff/ignore.ts";
import { effectiveSpec } from "../../domain/application/effective.ts";
import type { Digests } from "../../domain/sync/canonical.ts";
import { hookSteps, partedByHook } from "../../domain/sync/hooks.ts";
import type { SourceTree } from "../../domain/source/tree.ts";
import type { Artifact, Comparison } from "../../schemas/artifact.ts";
import { SluiceError, toSluiceError } from "../../schemas/errors.ts";
import type { Compare } from "../api/ports.ts";
import { applicationsOf, placesOf, standingOf } from "../worker/records.ts";
import type { ClusterRegistry } from "./clusters.ts";
import type { Core } from "./core.ts";
import { dependenciesOf } from "./dependencies.ts";
import type { HealthChecks } from "./health-checks.ts";

/** What turns a source into an artifact. */
export type SourcePort = PrepareDeps["source"] & {
  /** Renders and stores files that were given by hand. */
  produceLocal(request: RenderLocal<SourceTree>): Promise<string>;
};

/** What the steps are wired from. */
export interface StepParts {
  core: Core;
  clusters: ClusterRegistry<KubeClient>;
  source: SourcePort;
  commits: ActivityDeps["commits"];
  /** Health checks of ResourceCustomizations. */
  checks: Pick<HealthChecks, "own" | "ready">;
  /** Evaluates the jq paths of ignoreDifferences. */
  jq: Jq;
  taskQueue: string;
  applyConcurrency: number;
  log: Logger;
}

/** The two digests of pure code: sha256, and the keyed one for secret values. */
export const digestsOf = ({ keyring }: Pick<Core, "keyring">): Digests => ({
  digest: (text) => createHash("sha256").update(text).digest("hex"),
  digestSecret: (text) => keyring.digest(text),
});

/** What is not in the views may only be not in them yet. */
async function resolved<Value>(core: Core, look: () => Value | Promise<Value>): Promise<Value> {
  try {
    return await look();
  } catch (error) {
    if (toSluiceError(error).code !== "NotFound") throw error;
    await core.projector.reached(await core.ledger.last());
    return await look();
  }
}

/** What leaving differences out takes that are to be ignored. */
function ignoredOf({ core, jq, log }: StepParts, cluster: (name: string) => Promise<KubeClient>): PlanIgnoredDeps {
  const { keyring, store } = core;
  return {
    jq,
    rules: () => rulesOf(store.list("resourceCustomizations").map(({ value }) => value.spec)),
    digests: digestsOf(core),
    mask: (object) => maskObject(object, keyring),
    open: (object) => openObject(object, keyring),
    cluster,
    onProblem: (message) => log.warn({ problem: message }, "a rule of ignoreDifferences has no effect"),
  };
}

/** Everything that the steps of an operation need. */
export function stepDeps(parts: StepParts): Omit<ActivityDeps, "recorded"> {
  const { core, clusters, source, taskQueue } = parts;
  const { blobs, keyring } = core;
  const cluster = (name: string): Promise<KubeClient> => resolved(core, () => clusters.client(name));
  const digests = digestsOf(core);
  const now = (): string => new Date().toISOString();
  const dependencies = dependenciesOf(core, { cluster, own: parts.checks.own, ready: parts.checks.ready });
  return {
    admit: createAdmit({ dependencies, now }),
    applications: applicationsOf(core.aggregates),
    blobs,
    place: placesOf({ aggregates: core.aggregates, clusters: clusters.addresses }),
    source,
    plan: createPlanActivity({
      ...{ blobs, cluster, digests, own: parts.checks.own },
      standing: standingOf(core.aggregates),
      ignored: ignoredOf(parts, cluster),
    }),
    apply: createApplyActivity({
      blobs,
      cluster,
      digests,
      own: parts.checks.own,
      ignored: ignoredOf(parts, cluster),
      open: (object) => openObject(object, keyring),
      concurrency: parts.applyConcurrency,
    }),
    dryRun: createDryRun({
      ...{ blobs, cluster, digests },
      ignored: ignoredOf(parts, cluster),
      open: (object) => openObject(object, keyring),
    }),
    commits: parts.commits,
    actionCluster: cluster,
    orphanCluster: cluster,
    assess: createAssessActivity({ blobs, cluster, own: parts.checks.own }),
    taskQueueOf: () => taskQueue,
    waits: DEFAULT_WAITS,
    now,
  };
}

/** `app diff`: renders, plans and dry-runs now, and writes nothing but blobs. */
export function compareOf(parts: StepParts): Compare {
  const { core, clusters, source } = parts;
  const { blobs, keyring } = core;
  const { applications, place, plan } = stepDeps(parts);
  const ignored = ignoredOf(parts, (name) => clusters.client(name));
  const compareWith = (onProblem: (message: string) => void) =>
    createCompareActivity({
      blobs,
      cluster: (name) => clusters.client(name),
      open: (object) => openObject(object, keyring),
      mask: (object) => maskObject(object, keyring),
      ignored: { ...ignored, onProblem },
    });
  return async (application, { revision, local }) => {
    const state = await applications.load(application);
    if (!state.configuration) throw new SluiceError("NotFound", `There is no application ${application}`);
    const spec = effectiveSpec(state.configuration.spec, state.pin);
    const where = await place(spec);
    const signal = AbortSignal.timeout(COMPARE_LIMIT_MS);
    const since = new Date().toISOString();
    const asked = { application, spec, cluster: where.cluster.name, since, signal };
    const produced =
      local === undefined
        ? await source.produce({ ...asked, ...(revision !== undefined && { revision }) })
        : await givenByHand(blobs, { application, digest: local });
    const owned = state.cluster === where.cluster.name ? state.inventory : undefined;
    const planned = await plan({
      application,
      operation: "diff",
      kind: "refresh",
      ...where,
      spec,
      artifact: produced.artifact,
      ...(owned !== undefined && { inventory: owned }),
      move: "chosen",
      signal,
    });
    const warnings = new Set<string>();
    const compare = compareWith((message) => void warnings.add(message));
    const { comparison } = await compare({ plan: planned.plan, signal });
    const { objects } = await blobs.getJson<Comparison>(comparison);
    const { objects: rendered } = await blobs.getJson<Artifact>(produced.artifact);
    const hooks = hookSteps(partedByHook(rendered).hooks, { operation: "diff", attempt: 1, kind: "sync" });
    return { revision: produced.revision, objects, hooks, warnings: [...warnings] };
  };
}

async function givenByHand(blobs: Core["blobs"], of: { application: string; digest: string }) {
  const { revision } = await localArtifact(blobs, of);
  return { revision, artifact: of.digest };
}

/** A diff is waited for by somebody. */
const COMPARE_LIMIT_MS = 60_000;
