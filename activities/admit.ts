import type { Command } from "../domain/application/command.ts";
import type { ApplicationState } from "../domain/application/state.ts";
import { breakGlassHold } from "../domain/break-glass/hold.ts";
import type { Hold } from "../domain/hold/hold.ts";
import type { ProjectRules } from "../domain/project/permission.ts";
import { windowVerdict } from "../domain/window/window-hold.ts";
import { SluiceError } from "../schemas/errors.ts";
import type { ApplicationEvent } from "../schemas/events/index.ts";
import type { ApplicationSpec } from "../schemas/kinds/application.ts";
import type { OperationRequest } from "../schemas/operation.ts";
import type { Applications, RecordMeta } from "./applications.ts";

/** An operation that asks whether it may begin, and where it would go. */
export interface AdmitRequest {
  application: string;
  request: OperationRequest;
  state: ApplicationState;
  spec: ApplicationSpec;
  place: { cluster: { name: string; server: string }; project: ProjectRules };
  signal: AbortSignal;
}

/** Whether an operation may begin: not while it is held, and with what is to be recorded when a window is overridden. */
export interface Admission {
  hold?: Hold;
  overridden?: { windows: string[]; reason: string };
}

export interface AdmitDeps {
  /** What an application depends on that is not there yet. */
  dependencies(request: AdmitRequest): Promise<Hold | undefined>;
  /** RFC 3339. */
  now(): string;
}

/**
 * Asks a break-glass, the project's sync windows and then the application's dependencies, afresh each time: what was asked before may have changed.
 * Throws Forbidden when a window is overridden by somebody who may not.
 */
export function createAdmit({ dependencies, now }: AdmitDeps): (request: AdmitRequest) => Promise<Admission> {
  return async (asked) => {
    const { application, request, state, spec, place } = asked;
    const suspended = breakGlassHold(state, request, Date.parse(now()));
    if (suspended) return { hold: suspended };
    const subject = { application, namespace: spec.destination.namespace ?? "default", cluster: place.cluster };
    const verdict = windowVerdict(place.project, subject, request, Date.parse(now()));
    switch (verdict.verdict) {
      case "held":
        return { hold: verdict.hold };
      case "refused":
        throw new SluiceError("Forbidden", `${verdict.message}; ${verdict.next}`, { next: verdict.next });
      case "open":
      case "overridden": {
        const hold = await dependencies(asked);
        if (hold) return { hold };
        if (verdict.verdict === "open") return {};
        return { overridden: { windows: verdict.windows, reason: verdict.reason } };
      }
    }
  };
}

/** Records why an operation may not begin, unless that is what stands there already. */
export async function recordHold(
  { applications, recorded, now }: HoldRecorder,
  { application, request, hold, compared }: HeldBack,
): Promise<void> {
  const { operation, kind, trigger } = request;
  const command: Command = {
    ...{ type: "HoldOperation", operation, kind, trigger, ...hold },
    ...(compared && { compared }),
  };
  const at = now();
  // A hold may come back after another one, so its message id is never the same.
  const meta: RecordMeta = { at, actor: trigger.actor, cause: operation, messageId: `${operation}/held/${at}` };
  recorded(await applications.execute(application, command, meta));
}

export interface HeldBack {
  application: string;
  request: OperationRequest;
  hold: Hold;
  /** What it would bring, where that is known. */
  compared?: { revision: string; sync: "Synced" | "OutOfSync" } | undefined;
}

export interface HoldRecorder {
  applications: Pick<Applications, "execute">;
  recorded(events: readonly ApplicationEvent[]): void;
  now(): string;
}
