import type { Command } from "../domain/application/command.ts";
import type { ApplicationEvent } from "../schemas/events/index.ts";
import { operationMessageId } from "../schemas/ids.ts";
import type { Applications } from "./applications.ts";
import type { OperationRequest } from "../schemas/operation.ts";
import type { OperationNote, StepHandlers } from "./steps.ts";

export interface NoteDeps {
  applications: Applications;
  /** RFC 3339. */
  now(): string;
  /** Told of what was appended. */
  recorded(events: readonly ApplicationEvent[]): void;
}

/** Appends what happens to an operation between its start and its end, each once. */
export function createNote({ applications, now, recorded }: NoteDeps): StepHandlers["note"] {
  return async ({ application, request, attempt, note }) => {
    const { operation, trigger } = request;
    const actor = note.type === "Confirmed" ? note.by : trigger.actor;
    const messageId = operationMessageId.noted(operation, attempt, note.type);
    const meta = { at: now(), actor, cause: operation, messageId };
    recorded(await applications.execute(application, commandOfNote(request, note), meta));
  };
}

/** What a note asks of the application. */
export function commandOfNote({ operation, kind, trigger }: OperationRequest, note: OperationNote): Command {
  switch (note.type) {
    case "RetryScheduled": {
      const { type: _, ...retry } = note;
      return { type: "ScheduleRetry", operation, kind, trigger, ...retry };
    }
    case "ConfirmationRequested":
      return { type: "RequestConfirmation", operation, objects: note.objects, count: note.count };
    case "Confirmed":
      return { type: "ConfirmPrune", operation, by: note.by };
  }
}
