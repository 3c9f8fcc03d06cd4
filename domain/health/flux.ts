import { byConditions, wellOnceRead, type Rules } from "./by-conditions.ts";
import { condition, healthy, progressing, suspended, words, type Health, type Shape } from "./verdict.ts";

const ready = byConditions({
  needs: ["Ready"],
  failing: ["Stalled"],
  patience: ["Progressing", "DependencyNotReady"],
  suspend: "suspend",
});

/**
 * Flux's kinds say Reconciling while at work, Stalled when retrying won't help, and Ready (fluxcd.io/flux/components, "Conditions"). A
 * Ready that is False is a failure, also while it is tried again.
 */
function reconciled(object: Shape): Health {
  const found = ready(object);
  const reconciling = condition(object, "Reconciling");
  const busy = found.status === "Healthy" && reconciling?.text("status") === "True";
  return busy ? progressing(words(reconciling, "it is reconciling")) : found;
}

/** HelmRepository of type oci is only read: it has no status. */
function helmRepository(object: Shape): Health {
  if (object.text("spec", "type") !== "oci") return reconciled(object);
  return object.flag("spec", "suspend") ? suspended("it is suspended in its spec") : healthy;
}

/** Flux's kinds, in any of its groups. */
export const FLUX: Rules = {
  "*.toolkit.fluxcd.io/*": reconciled,
  "source.toolkit.fluxcd.io/HelmRepository": helmRepository,
  "notification.toolkit.fluxcd.io/Alert": wellOnceRead,
  "notification.toolkit.fluxcd.io/Provider": wellOnceRead,
  "fluxcd.controlplane.io/FluxInstance": reconciled,
  "fluxcd.controlplane.io/ResourceSet": reconciled,
};
