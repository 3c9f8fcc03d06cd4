import type { ApplicationView } from "../../schemas/views.ts";
import { type Cause, type Look, readable, words } from "./cause.ts";
import { nextFor } from "./waiting.ts";

/** What was changed in the cluster and not put back. */
export function driftCauses({ name, drift, spec, sync }: ApplicationView): Cause[] {
  const { automated } = spec.syncPolicy;
  const heals = spec.syncPolicy.drift === "remediate" || (spec.syncPolicy.drift === undefined && automated?.selfHeal);
  return drift.map(({ object, change, managers }) => {
    const by = managers.length > 0 ? ` by ${managers.join(", ")}` : "";
    const after = heals ? "it is being put back" : "nothing puts it back: the policy only reports drift";
    return {
      reason: "Drifted",
      message: `${readable(object)} was ${change}${by}; ${after}`,
      object,
      since: sync.since,
      who:
        managers.length > 0
          ? `${managers.join(", ")}, or whoever may sync the application`
          : "whoever may sync the application",
      next: `sluice app ${heals ? "diff" : "sync"} ${name}`,
    };
  });
}

/** What Git says and the cluster does not have. */
export function outOfSyncCauses({ name, sync, spec, last }: ApplicationView): Cause[] {
  if (sync.status !== "OutOfSync") return [];
  const refused = last?.result === "Succeeded" || last?.result === "Compared" ? last.noted : [];
  const automated = spec.syncPolicy.automated?.enabled === true;
  if (refused.length > 0 && (automated || last?.kind === "sync")) {
    return refused.map(({ object, reason, message }) => ({
      reason,
      message: `${readable(object)}: ${message ?? reason}`,
      object,
      since: sync.since,
      who: "whoever may sync the application",
      next: `sluice app diff ${name}`,
    }));
  }
  const revision = sync.revision === undefined ? "" : ` at ${sync.revision.slice(0, 8)}`;
  const what = automated ? "the next sync changes it" : "it is synced by hand only";
  return [
    {
      reason: "OutOfSync",
      message: `the cluster differs from Git${revision}; ${what}`,
      since: sync.since,
      who: "whoever may sync the application",
      next: `sluice app diff ${name}`,
    },
  ];
}

/** Which objects are not well, as they are found now. */
export function healthCauses({ name, health }: ApplicationView, looks: readonly Look[]): Cause[] {
  return looks
    .filter((look) => look.health !== "Healthy")
    .map((look) => ({
      reason: look.health,
      message: `${readable(look.object)}: ${words(look)}`,
      object: look.object,
      since: health.since,
      who: "whoever can mend the object, or a newer commit",
      next: nextFor(look, name),
    }));
}
