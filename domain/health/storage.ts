import { degraded, healthy, progressing, type Health, type Shape } from "./verdict.ts";

/** PersistentVolumeClaim by its phase, as Argo CD does (gitops-engine pkg/health/health_pvc.go). */
export function persistentVolumeClaim(object: Shape): Health {
  const phase = object.text("status", "phase");
  if (phase === "Bound") return healthy;
  if (phase === "Lost") return degraded("the volume it was bound to is gone");
  if (phase === "Pending" || phase === undefined) return progressing("it is not bound to a volume yet");
  return { status: "Unknown", message: `its phase is ${phase}` };
}

/** PersistentVolume: Failed when it could not be reclaimed; any other phase is one of its life. */
export function persistentVolume(object: Shape): Health {
  const phase = object.text("status", "phase");
  if (phase === "Failed") return degraded(object.text("status", "message") || "the volume could not be reclaimed");
  return phase === "Pending" ? progressing("the volume is not available yet") : healthy;
}

/** VolumeSnapshot: ready to use, or why not. */
export function volumeSnapshot(object: Shape): Health {
  if (object.flag("status", "readyToUse")) return healthy;
  const error = object.at("status", "error");
  if (error.exists) return degraded(error.text("message")?.trim() || "the snapshot could not be taken");
  return progressing("the snapshot is not ready to use yet");
}
