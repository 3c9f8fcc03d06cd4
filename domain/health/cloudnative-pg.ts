import { byPhase, type Phases, type Rules } from "./by-conditions.ts";
import { condition, degraded, healthy, progressing, suspended, words, type Health, type Shape } from "./verdict.ts";

const HEALTHY_PHASE = "Cluster in healthy state";

/** Phases that nothing but somebody's hand ends (cloudnative-pg api/v1/cluster_types.go). */
const FAILED: ReadonlySet<string> = new Set([
  "Failing over",
  "Not enough disk space",
  "Unable to create required cluster objects",
  "Cluster cannot execute instance online upgrade due to missing architecture binary",
  "Cluster cannot proceed to reconciliation due to an unknown plugin being required",
  "Cluster cannot proceed to reconciliation due to an interaction error with a required plugin",
  "Cluster has incomplete or invalid image catalog",
  "Cluster is unrecoverable and needs manual intervention",
]);

/** Cluster by its phase, with the operator's ways to lay it to rest first. */
function cluster(object: Shape): Health {
  if (object.text("metadata", "annotations", "cnpg.io/reconciliationLoop") === "disabled") {
    return suspended("its reconciliation is disabled by annotation");
  }
  const hibernation = condition(object, "cnpg.io/hibernation");
  if (hibernation?.text("status") === "True") return suspended(words(hibernation, "it is hibernated"));
  const phase = object.text("status", "phase");
  const reason = object.text("status", "phaseReason");
  if (!phase) return progressing("its operator has not taken it up yet");
  if (phase === HEALTHY_PHASE) return healthy;
  const message = `${phase}${reason ? `: ${reason}` : ""}`;
  if (phase === "Waiting for user action") return suspended(message);
  return FAILED.has(phase) ? degraded(message) : progressing(message);
}

const BACKUP: Phases = {
  ...{ completed: "Healthy", failed: "Degraded", walArchivingFailing: "Degraded" },
  ...{ pending: "Progressing", started: "Progressing", running: "Progressing", finalizing: "Progressing" },
};

/** Pooler: as many instances as asked for. */
function pooler(object: Shape): Health {
  const wanted = object.number("spec", "instances") ?? 1;
  const there = object.number("status", "instances") ?? 0;
  return there < wanted ? progressing(`${there} of ${wanted} instances are there`) : healthy;
}

const scheduledBackup = (object: Shape): Health =>
  object.flag("spec", "suspend") ? suspended("the ScheduledBackup is suspended") : healthy;

/** Database, Publication, Subscription: applied to the server, or why not. */
function applied(object: Shape): Health {
  if (object.flag("status", "applied")) return healthy;
  const message = object.text("status", "message");
  return message ? degraded(message) : progressing("it is not applied to the server yet");
}

/** CloudNativePG's kinds. */
export const CLOUDNATIVE_PG: Rules = {
  "postgresql.cnpg.io/Cluster": cluster,
  "postgresql.cnpg.io/Backup": byPhase(["status", "phase"], BACKUP, ["status", "error"]),
  "postgresql.cnpg.io/ScheduledBackup": scheduledBackup,
  "postgresql.cnpg.io/Pooler": pooler,
  "postgresql.cnpg.io/Database": applied,
  "postgresql.cnpg.io/Publication": applied,
  "postgresql.cnpg.io/Subscription": applied,
  "postgresql.cnpg.io/ImageCatalog": () => healthy,
  "postgresql.cnpg.io/ClusterImageCatalog": () => healthy,
};
