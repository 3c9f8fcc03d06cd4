import type { Logger } from "pino";
import type { ApplicationCommand } from "../../schemas/messages.ts";
import type { Actor, OperationRequest } from "../../schemas/operation.ts";
import { applicationDecider } from "../../domain/application/decider.ts";
import type { AggregatesPort, IntakeDelivery, OperationsPort } from "./ports.ts";
import { kindOf, type Requests } from "./requests.ts";

export interface CommandDeps {
  aggregates: AggregatesPort;
  operations: Pick<OperationsPort, "terminate" | "confirm" | "act">;
  requests: Pick<Requests, "unlessEnded">;
  log: Logger;
}

/** Carries out what an operator asked for, under the operation id it was given when it was asked. */
export async function dispatchCommand(
  deps: CommandDeps,
  { message, sequence }: IntakeDelivery<ApplicationCommand>,
): Promise<void> {
  const { application, command, operation, actor } = message;
  if (command === "terminate") {
    await deps.operations.terminate(application, operation, actor);
    return;
  }
  if (command === "confirm") {
    await deps.operations.confirm(application, operation, actor);
    return;
  }
  if (command === "release") {
    await release(deps, { message, sequence });
    return;
  }
  if (command === "act") {
    await act(deps, message);
    return;
  }
  const cause = `intake/${sequence}`;
  const asked = await deps.requests.unlessEnded(application, {
    operation,
    kind: command,
    trigger: { type: "manual", actor, cause },
    ...(message.revision !== undefined && { revision: message.revision }),
    ...(message.prune !== undefined && { prune: message.prune }),
    ...(message.target !== undefined && { target: message.target }),
    ...(message.options !== undefined && { options: message.options }),
    requestedAt: message.requestedAt,
    ...(command === "refresh" && (await lookedAt(deps, { application, actor, cause }))),
  });
  if (!asked)
    deps.log.info({ application, command, operation }, "nothing to do: it has ended, or the application is gone");
}

/** Whoever asks for a look at an automated application brings about what the next poll would: what is new is synced, as the policy has it. */
async function lookedAt(
  { aggregates }: Pick<CommandDeps, "aggregates">,
  { application, actor, cause }: { application: string; actor: Actor; cause: string },
): Promise<Pick<OperationRequest, "kind" | "trigger" | "options"> | undefined> {
  const { configuration } = (await aggregates.load(applicationDecider, application)).state;
  if (!configuration || kindOf(configuration.spec.syncPolicy) !== "sync") return undefined;
  return { kind: "sync", trigger: { type: "poll", actor, cause }, options: { onlyNew: true } };
}

/** An action goes to the application's workflow, which alone changes a cluster; one that is recorded is done. */
async function act({ aggregates, operations }: CommandDeps, message: ApplicationCommand): Promise<void> {
  const { application, operation, action, actor, requestedAt } = message;
  const { state } = await aggregates.load(applicationDecider, application);
  if (!action || !state.configuration || state.acted?.includes(operation)) return;
  const { name, object, parameters } = action;
  await operations.act(application, { id: operation, action: name, object, parameters, actor, requestedAt });
}

/** What a rollback excluded is free again, and the application goes where Git is, if its policy lets it. */
async function release(
  { aggregates, requests }: CommandDeps,
  { message, sequence }: Pick<IntakeDelivery<ApplicationCommand>, "message" | "sequence">,
): Promise<void> {
  const { application, operation, actor, revision, requestedAt } = message;
  const cause = `intake/${sequence}`;
  const { state } = await aggregates.execute(
    applicationDecider,
    application,
    { type: "ReleaseRevision", by: actor, ...(revision !== undefined && { revision }) },
    { at: requestedAt, actor, cause, messageId: `release/${application}/${sequence}` },
  );
  if (!state.configuration) return;
  const kind = kindOf(state.configuration.spec.syncPolicy);
  await requests.unlessEnded(application, { operation, kind, trigger: { type: "manual", actor, cause }, requestedAt });
}
