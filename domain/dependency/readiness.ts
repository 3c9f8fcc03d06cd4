import type { ApplicationView } from "../../schemas/views.ts";
import { isSettled } from "../health/settled.ts";
import type { Hold } from "../hold/hold.ts";

/**
 * Why an application is not yet there for those that wait for it, undefined when it is: synced and healthy at what it is now configured to
 * be, with nothing under way. `asked` is an operation that a push asked for and that has not ended: what is known is older than the push.
 */
export function unready(view: ApplicationView | undefined, asked?: string): string | undefined {
  if (!view) return "there is no such application";
  if (view.held) return "its own operation is held";
  if (view.running !== undefined) return "its operation has not ended";
  if (asked !== undefined) return "a push for it is not carried out yet";
  if (!sinceConfigured(view)) return "its newest configuration is not compared with the cluster yet";
  if (view.sync.status !== "Synced") return `it is ${view.sync.status}`;
  return isSettled(view.health.status) ? undefined : `it is ${view.health.status}`;
}

/** Whether the last operation was asked for after the application was last configured: its status is about what is wanted now. */
function sinceConfigured({ last, updatedAt }: ApplicationView): boolean {
  if (last?.endedAt === undefined) return false;
  return Date.parse(last.endedAt) - (last.durationMs ?? 0) >= Date.parse(updatedAt);
}

/** One thing that is waited for, and why it is not there. */
export interface Missing {
  /** In words, as in `application db`. */
  what: string;
  why: string;
}

/** The hold of an application whose dependencies are not there, undefined when all are. A circle of them never ends by itself. */
export function dependencyHold(missing: readonly Missing[], circle?: readonly string[]): Hold | undefined {
  if (missing.length === 0) return undefined;
  const listed = missing.map(({ what, why }) => `${what} (${why})`);
  const next = circle
    ? `circle: ${circle.join(" -> ")}; it goes on only when one of these dependencies is removed`
    : "it goes on as soon as that is there";
  return { reason: "DependencyNotReady", message: `it waits for ${listed.join(", ")}; ${next}` };
}
