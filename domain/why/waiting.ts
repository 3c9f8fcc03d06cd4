import type { OperationPhase } from "../../schemas/operation.ts";
import type { ApplicationView } from "../../schemas/views.ts";
import { type Cause, type Look, readable, words } from "./cause.ts";

/** Where the running operation is, as its workflow answers. */
export interface OperationProgress {
  running?: { operation: string; phase: OperationPhase };
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
    who: `whoever may change project ${project}, and its roles that override the window`,
    next: `sluice app sync ${application} --override-window --reason "..."`,
  }),
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
  { name, running }: ApplicationView,
  progress: OperationProgress | undefined,
  looks: readonly Look[],
): Cause[] {
  const phase = progress?.running?.phase;
  if (running === undefined && phase === undefined) return [];
  const ways = terminating(name, "");
  if (phase === "WaitingForHealth" && looks.length > 0) {
    return looks.map((look) => ({
      reason: look.health,
      message: `the sync waits for ${readable(look.object)}: ${words(look)}`,
      object: look.object,
      who: "whoever can mend the object, or a newer commit",
      next: nextFor(look, name),
    }));
  }
  const operation = progress?.running?.operation ?? running;
  return [{ reason: phase ?? "Running", message: `operation ${operation} ${PHASES[phase ?? "Applying"]}`, ...ways }];
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
