import type { ApplicationState } from "../domain/application/state.ts";
import { deployedBy } from "../domain/rollback/history.ts";
import type { RecordRevert } from "../domain/rollback/revert.ts";
import type { HistoryEntry } from "../domain/rollback/state.ts";
import { SluiceError, toSluiceError } from "../schemas/errors.ts";
import type { ApplicationEvent } from "../schemas/events/index.ts";
import type { Source } from "../schemas/kinds/source.ts";
import type { OperationRequest } from "../schemas/operation.ts";
import type { Applications } from "./applications.ts";
import type { StepHandlers } from "./steps.ts";

/** What is asked of whoever commits: the source's path on a branch shall be what it was at an earlier revision. */
export interface RevertCommit {
  application: string;
  source: Source;
  /** The source's own when absent. */
  branch?: string;
  revision: string;
  operation: string;
  actor: string;
  /** RFC 3339. */
  at: string;
}

type Pushed = Extract<RecordRevert, { pushed: unknown }>["pushed"];

/** What bringing a rollback into Git needs. */
export interface RevertDeps {
  applications: Applications;
  commits: {
    /** Running it twice pushes once. */
    revert(commit: RevertCommit): Promise<Omit<Pushed, "repoURL" | "revision">>;
  };
  now(): string;
  recorded(events: readonly ApplicationEvent[]): void;
}

/** Pushes the revert commit of a rollback and records it; a failure is recorded too, and thrown where trying again may help. */
export function createRevert(deps: RevertDeps): StepHandlers["revert"] {
  return async ({ application, request }) => {
    const state = await deps.applications.load(application);
    const { operation } = request;
    const done = state.reverted?.operation === operation && state.reverted.failed === undefined;
    if (!state.configuration || done) return;
    try {
      const pushed = await push(deps, application, request, { state, source: state.configuration.spec.source });
      await record(deps, application, request, { type: "RecordRevert", operation, pushed });
    } catch (thrown) {
      const { code, message, next, retryable } = toSluiceError(thrown);
      const said = next === undefined ? message : `${message} ${next}`;
      await record(deps, application, request, { type: "RecordRevert", operation, failed: { code, message: said } });
      if (retryable) throw thrown;
    }
  };
}

async function push(
  { commits }: RevertDeps,
  application: string,
  request: OperationRequest,
  { state, source }: { state: ApplicationState; source: Source },
): Promise<Pushed> {
  const { operation, options, trigger, requestedAt } = request;
  const { revision } = versionOf(request, state);
  const branch = options?.revert?.branch;
  const pushed = await commits.revert({
    ...{ application, source, revision, operation, actor: trigger.actor.name, at: requestedAt },
    ...(branch !== undefined && { branch }),
  });
  return { ...pushed, repoURL: source.repoURL, revision };
}

function versionOf({ target, operation }: OperationRequest, state: ApplicationState): HistoryEntry {
  const found = deployedBy(state, target ?? operation);
  if (found) return found;
  throw new SluiceError("NotFound", `nothing is kept of operation ${target ?? operation}`);
}

async function record(
  { applications, now, recorded }: RevertDeps,
  application: string,
  { operation, trigger }: OperationRequest,
  command: RecordRevert,
): Promise<void> {
  const which = "pushed" in command ? "revert" : `revert-failed/${command.failed.code}`;
  const meta = { at: now(), actor: trigger.actor, cause: operation, messageId: `${operation}/${which}` };
  recorded(await applications.execute(application, command, meta));
}
