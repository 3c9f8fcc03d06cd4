import { byConditions, wellOnceRead, type Rules } from "./by-conditions.ts";
import { condition, degraded, progressing, words, type Health, type Shape } from "./verdict.ts";

const ready = byConditions({ needs: ["Ready"], fatal: [] });

/**
 * A managed resource, a composite or a claim: Synced says whether the external world could be told, Ready whether it is there
 * (docs.crossplane.io, conditions of managed resources). A Ready that is False is being made.
 */
export function managedResource(object: Shape): Health {
  for (const type of ["LastAsyncOperation", "Synced"]) {
    const entry = condition(object, type);
    const paused = entry?.text("reason") === "ReconcilePaused";
    if (paused) return { status: "Suspended", message: words(entry as Shape, "its reconciliation is paused") };
    if (entry?.text("status") === "False") return degraded(words(entry, `${type} is False`));
  }
  if (object.list("status", "conditions").length === 0) return progressing("its provider has not taken it up yet");
  return ready(object);
}

/** Whether an object of any group tells its health as Crossplane's do: composites and claims have groups of their own. */
export const looksManaged = (object: Shape): boolean =>
  condition(object, "Synced") !== undefined && condition(object, "Ready") !== undefined;

const installed = byConditions({ needs: ["Installed", "Healthy"] });
const revision = (object: Shape): Health =>
  condition(object, "RevisionHealthy") ? byRevision(object) : byHealthy(object);
const byRevision = byConditions({ needs: ["RevisionHealthy"] });
const byHealthy = byConditions({ needs: ["Healthy"] });

const PACKAGES: Rules = Object.fromEntries(
  ["Provider", "Configuration", "Function"].flatMap((kind) => [
    [`pkg.crossplane.io/${kind}`, installed],
    [`pkg.crossplane.io/${kind}Revision`, revision],
  ]),
);

/** Kinds of Crossplane and its providers that are read and tell nothing, in any group of theirs. */
const READ = [
  ...["Composition", "CompositionRevision", "EnvironmentConfig", "DeploymentRuntimeConfig", "ControllerConfig"],
  ...["ImageConfig", "StoreConfig", "ProviderConfig", "ClusterProviderConfig", "ProviderConfigUsage", "Usage"],
];
const SUFFIXES = ["crossplane.io", "upbound.io"];

/** Crossplane's own kinds, and every kind of a provider by the end of its group. */
export const CROSSPLANE: Rules = {
  ...PACKAGES,
  ...Object.fromEntries(SUFFIXES.flatMap((end) => READ.map((kind) => [`*.${end}/${kind}`, wellOnceRead]))),
  "apiextensions.crossplane.io/CompositeResourceDefinition": (object) =>
    byConditions({ needs: object.at("spec", "claimNames").exists ? ["Established", "Offered"] : ["Established"] })(
      object,
    ),
  ...Object.fromEntries(SUFFIXES.map((end) => [`*.${end}/*`, managedResource])),
};
