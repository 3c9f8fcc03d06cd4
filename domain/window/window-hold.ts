import type { SyncWindow } from "../../schemas/kinds/project.ts";
import type { OperationRequest } from "../../schemas/operation.ts";
import type { Hold } from "../hold/hold.ts";
import type { ProjectRules } from "../project/permission.ts";
import { closedFor } from "./passage.ts";
import { describeWindow, type WindowSubject } from "./window.ts";

/** What the windows of a project say to an operation. */
export type WindowVerdict =
  | { verdict: "open" }
  /** An operator goes on all the same: to be recorded. */
  | { verdict: "overridden"; windows: string[]; reason: string }
  | { verdict: "held"; hold: Hold }
  /** It was asked to go on all the same, and who asked may not. */
  | { verdict: "refused"; message: string; next: string };

type Asked = Pick<OperationRequest, "kind" | "trigger" | "options">;

/**
 * Whether windows are about an operation at all: one that writes what Git says. A comparison and a dry run write nothing, a delete is asked
 * for by name, and an automatic rollback takes back what a window had let through.
 */
export const minded = ({ kind, trigger, options }: Asked): boolean =>
  (kind === "sync" || kind === "rollback") && options?.dryRun !== true && trigger.type !== "rollback";

/** Whether an operation may begin now. `instant` is now, in milliseconds. */
export function windowVerdict(
  { name, spec }: ProjectRules,
  subject: WindowSubject,
  request: Asked,
  instant: number,
): WindowVerdict {
  const windows = spec.syncWindows ?? [];
  if (windows.length === 0 || !minded(request)) return { verdict: "open" };
  const closed = closedFor(windows, subject, instant);
  if (!closed) return { verdict: "open" };
  const { blocking, until } = closed;
  const byHand = request.trigger.type === "manual";
  if (byHand && blocking.every(({ manualSync }) => manualSync)) return { verdict: "open" };
  const override = byHand ? request.options?.overrideWindow : undefined;
  if (override) return overriding({ name, spec }, request, { blocking, reason: override.reason });
  const opens = until === undefined ? undefined : new Date(until).toISOString();
  return {
    verdict: "held",
    hold: {
      reason: "SyncWindowClosed",
      message: heldMessage(name, blocking, { opens, byHand }),
      ...(opens !== undefined && { until: opens }),
    },
  };
}

function overriding(
  { name, spec }: ProjectRules,
  { trigger }: Asked,
  { blocking, reason }: { blocking: readonly SyncWindow[]; reason: string },
): WindowVerdict {
  const user = trigger.actor.name;
  const mine = new Set((spec.roles ?? []).filter(({ members }) => members.includes(user)).map((role) => role.name));
  const against = blocking.find(({ overrideRoles }) => !overrideRoles.some((role) => mine.has(role)));
  if (!against) return { verdict: "overridden", windows: blocking.map(describeWindow), reason };
  const { overrideRoles } = against;
  return {
    verdict: "refused",
    message: `${user} may not override the sync window "${describeWindow(against)}" of project ${name}`,
    next:
      overrideRoles.length === 0
        ? `nobody may: the window has no overrideRoles; wait until it is over, or sync without the override and it is held until then`
        : `ask a member of ${overrideRoles.join(" or ")}, or sync without the override and it is held until the window lets it through`,
  };
}

function heldMessage(
  project: string,
  blocking: readonly SyncWindow[],
  { opens, byHand }: { opens: string | undefined; byHand: boolean },
): string {
  const [first] = blocking;
  const more = blocking.length > 1 ? ` and ${blocking.length - 1} more` : "";
  const which = first ? `"${describeWindow(first)}"${more}` : "";
  const what =
    first?.kind === "deny"
      ? `the sync window ${which} of project ${project} denies it`
      : `no allow window of project ${project} is open: ${which}`;
  const when = opens === undefined ? "it never ends" : `it goes on at ${opens}`;
  return `${what}; ${when}, or when the windows are changed${way(blocking, byHand)}`;
}

/** Who can let it through before. */
function way(blocking: readonly SyncWindow[], byHand: boolean): string {
  if (!byHand && blocking.every(({ manualSync }) => manualSync)) return "; a manual sync goes through";
  const roles = blocking.map(({ overrideRoles }) => overrideRoles);
  if (roles.some((names) => names.length === 0)) return "";
  return `; ${[...new Set(roles.flat())].join(" or ")} may override it`;
}
