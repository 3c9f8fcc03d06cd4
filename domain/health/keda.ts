import { byConditions, wellOnceRead, type Rules } from "./by-conditions.ts";
import { condition, degraded, suspended, words, type Health, type Shape } from "./verdict.ts";

const PAUSED = ["autoscaling.keda.sh/paused", "autoscaling.keda.sh/paused-replicas"];

const scaling = byConditions({ needs: ["Ready"], failing: ["Fallback"], onHold: ["Paused"] });

/** ScaledObject and ScaledJob: Ready, and not on its fallback. Whether it is Active is the load's business. */
function scaled(object: Shape): Health {
  const by = PAUSED.find((name) => {
    const value = object.text("metadata", "annotations", name);
    return value !== undefined && value !== "false";
  });
  if (by !== undefined) return suspended(`it is paused by its annotation ${by}`);
  const ready = condition(object, "Ready");
  const partial = ready?.text("reason") === "PartialTriggerError";
  return partial ? degraded(words(ready as Shape, "some of its triggers don't work")) : scaling(object);
}

/** KEDA's kinds (keda.sh/docs, reference of ScaledObject). */
export const KEDA: Rules = {
  "keda.sh/ScaledObject": scaled,
  "keda.sh/ScaledJob": scaled,
  "keda.sh/TriggerAuthentication": wellOnceRead,
  "keda.sh/ClusterTriggerAuthentication": wellOnceRead,
};
