import type { HealthStatus } from "../../schemas/operation.ts";
import { worst } from "../health/health.ts";
import type { Observed, Sight } from "./compare.ts";

/** A running operation waits for these; what is still under way is of no use to it. */
const SETTLED: ReadonlySet<HealthStatus> = new Set<HealthStatus>(["Healthy", "Suspended", "Degraded"]);

/** What turned of an application since it was last reported, as far as an operation may be waiting for just that. */
export interface Turned {
  /** Waves of which an object's health turned. */
  waves: ReadonlySet<number>;
  /** Hooks that came to their end and objects that went, each by the version of the object. */
  ended: readonly string[];
}

export const nothingTurned: Turned = { waves: new Set(), ended: [] };

/** What turned, with one more object that was seen in a version. An object that was not seen before counts as healthy before. */
export function withSeen(
  turned: Turned,
  { observed, before, version }: { observed: Observed; before: Observed | undefined; version: string },
): Turned {
  const hasTurned = observed.health !== (before?.health ?? "Healthy");
  if (!observed.hook) return hasTurned ? { ...turned, waves: new Set([...turned.waves, observed.wave ?? 0]) } : turned;
  const hasEnded = SETTLED.has(observed.health) && (hasTurned || !before);
  return hasEnded ? withGone(turned, version) : turned;
}

/** What turned, with one more object that went. */
export const withGone = (turned: Turned, version: string): Turned => ({ ...turned, ended: [...turned.ended, version] });

/**
 * Whether a running operation is to be told: a hook ended, an object went, or a wave of which something turned is settled as a whole.
 * Waves are judged by what is there of them: those to come are not made yet, and an operation waits for one at a time.
 */
export function isAwaited({ waves, ended }: Turned, sights: readonly Sight[]): boolean {
  if (ended.length > 0) return true;
  if (waves.size === 0) return false;
  const seen = sights.flatMap((sight) => (sight.kind === "seen" ? [sight.observed] : []));
  return [...waves].some((wave) => {
    const members = seen.filter((observed) => (observed.wave ?? 0) === wave);
    return SETTLED.has(worst(members.map(({ health }) => health)));
  });
}
