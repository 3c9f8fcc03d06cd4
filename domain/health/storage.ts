import { degraded, healthy, progressing, type Health, type Shape } from "./verdict.ts";

/** PersistentVolumeClaim by its phase, as Argo CD does (gitops-engine pkg/health/health_pvc.go). */
export function persistentVolumeClaim(object: Shape): Health {
  const phase = object.text("status", "phase");
  if (phase === "Bound") return healthy;
  if (phase === "Lost") return degraded("the volume it was bound to is gone");
  if (phase === "Pending" || phase === undefined) return progressing("it is not bound to a volume yet");
  return { status: "Unknown", message: `its phase is ${phase}` };
}
