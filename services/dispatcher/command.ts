import type { Logger } from "pino";
import type { ApplicationCommand } from "../../schemas/messages.ts";
import type { IntakeDelivery, OperationsPort } from "./ports.ts";
import type { Requests } from "./requests.ts";

export interface CommandDeps {
  operations: Pick<OperationsPort, "terminate">;
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
  const asked = await deps.requests.unlessEnded(application, {
    operation,
    kind: command,
    trigger: { type: "manual", actor, cause: `intake/${sequence}` },
    ...(message.revision !== undefined && { revision: message.revision }),
    ...(message.prune !== undefined && { prune: message.prune }),
    ...(message.target !== undefined && { target: message.target }),
    ...(message.options !== undefined && { options: message.options }),
    requestedAt: message.requestedAt,
  });
  if (!asked)
    deps.log.info({ application, command, operation }, "nothing to do: it has ended, or the application is gone");
}
