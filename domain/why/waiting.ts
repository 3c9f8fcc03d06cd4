import type { OperationPhase } from "../../schemas/operation.ts";
import type { Part } from "../../schemas/phases.ts";
import type { ApplicationView } from "../../schemas/views.ts";
import { type Cause, type Look, readable, words } from "./cause.ts";

/** Where the running operation is, as its workflow answers. */
export interface OperationProgress {
  running?: { operation: string; phase: OperationPhase; part?: Part };
  next?: string;
}

/** What holds back the operation that has not begun. */
export function heldCause({ name, held, spec }: ApplicationView): Cause | undefined {
  if (!held) return undefined;
  const { reason, message, since, until } = held;
  const more = { since, ...(until !== undefined && { until }) };
  return { reason, message, ...more, ...(WAYS_OUT[reason] ?? terminating)(name, spec.project) };
}

type WayOut = (application: string, project: string) => Pick<Cause, "who" | "next">;

const terminating: WayOut = (application) => ({
  who: "whoever may sync the application",
  next: `sluice app terminate ${application}`,
});

const WAYS_OUT: Readonly<Record<string, WayOut | undefined>> = {
  SyncWindowClosed: (application, project) => ({
    who: `whoever may change project ${project}, and the roles that override the window, for ${application}`,
    next: `sluice proj windows ${project}`,
  }),
  SourceUnavailable: () => ({
    who: "whoever runs the Git server, or holds its credentials",
    next: "sluice repo list",
  }),
  ClusterUnavailable: () => ({ who: "whoever runs the cluster", next: "sluice cluster list" }),
  DependencyNotReady: (application) => ({
    who: "whoever owns what it depends on",
    next: `sluice app get ${application}`,
  }),
  BreakGlass: (application) => ({
    who: "the people the break-glass names",
    next: `sluice break-glass end ${application}`,
  }),
  RevisionExcluded: (application) => ({
    who: "whoever may sync the application, or a newer commit",
    next: `sluice app release ${application}`,
  }),
  SelfHealBackOff: (application) => ({
    who: "whoever runs the other side of the fight",
    next: `sluice app sync ${application}`,
  }),
};

/** What the running operation does at this moment, and which objects it waits for. */
export function runningCauses(
  view: ApplicationView,
  progress: OperationProgress | undefined,
  looks: readonly Look[],
): Cause[] {
  const phase = progress?.running?.phase;
  if (view.running === undefined && phase === undefined) return [];
  const asked = askedCause(view);
  if (asked) return [asked];
  if (phase === "WaitingForHealth" && looks.length > 0)
    return looks.map((look) => waitedFor(look, view.name, progress));
  const operation = progress?.running?.operation ?? view.running;
  const message = `operation ${operation} ${PHASES[phase ?? "Applying"]}${partText(progress)}`;
  return [{ reason: phase ?? "Running", message, ...terminating(view.name, "") }];
}

/** It waits for an operator's yes, or for the time of its next attempt. */
function askedCause({ name, confirmation, retry }: ApplicationView): Cause | undefined {
  if (confirmation) {
    const { objects, count, since } = confirmation;
    const which = objects.slice(0, 3).map(({ object }) => readable(object));
    const more = count > which.length ? ` and ${count - which.length} more` : "";
    const message = `it waits for a yes before it deletes ${which.join(", ")}${more}`;
    const ways = { who: "whoever may sync the application", next: `sluice app confirm ${name}` };
    return { reason: "WaitingForConfirmation", message, since, ...ways };
  }
  if (!retry) return undefined;
  const message = `the last attempt failed with ${retry.code}: ${retry.message}; attempt ${retry.attempt} comes next`;
  return { reason: "BackingOff", message, until: retry.at, ...terminating(name, "") };
}

const waitedFor = (look: Look, application: string, progress: OperationProgress | undefined): Cause => ({
  reason: look.health,
  message: `the sync waits for ${readable(look.object)}${partText(progress)}: ${words(look)}`,
  object: look.object,
  who: "whoever can mend the object, or a newer commit",
  next: nextFor(look, application),
});

function partText(progress: OperationProgress | undefined): string {
  const part = progress?.running?.part;
  return part === undefined ? "" : ` in wave ${part.wave} of ${part.phase}`;
}

const PHASES: Readonly<Record<OperationPhase, string>> = {
  Held: "is held back",
  Preparing: "resolves, renders and plans; it tries again while the repository or the cluster is away",
  Applying: "applies the objects to the cluster",
  WaitingForHealth: "waits for health",
  WaitingForConfirmation: "waits for somebody to confirm what it would delete",
  BackingOff: "failed and waits before it tries again",
};

/** What shows more of an object. */
export const nextFor = ({ object, pod }: Look, application: string): string => {
  const [, , namespace] = object.split("/");
  return pod && namespace ? `kubectl -n ${namespace} describe pod ${pod.name}` : `sluice app resources ${application}`;
};
