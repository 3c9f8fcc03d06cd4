import type { ApplicationEvent, RecordedEvent } from "../../schemas/events/index.ts";
import { isTerminal, type TerminalEvent } from "../application/state.ts";
import type { OperationView } from "../../schemas/views.ts";

/** The events of an operation: its start and its end. */
export type OperationEvent = Extract<ApplicationEvent, { type: "OperationStarted" }> | TerminalEvent;

/** The event as one of an operation, or undefined. */
export const operationEvent = (event: RecordedEvent["event"]): OperationEvent | undefined =>
  event.type === "OperationStarted" || isTerminal(event as ApplicationEvent) ? (event as OperationEvent) : undefined;

/** Key of an operation in its view. */
export const operationKey = (application: string, operation: string): string => `${application}/${operation}`;

/** The operation after one of its events. */
export function foldOperation(
  before: OperationView | undefined,
  recorded: RecordedEvent,
  event: OperationEvent,
): OperationView {
  const { data } = event;
  const base: OperationView = before ?? {
    id: data.operation,
    application: recorded.aggregate.name,
    kind: data.kind,
    trigger: data.trigger,
    result: "Running",
    noted: [],
    firstSequence: recorded.sequence,
    lastSequence: recorded.sequence,
  };
  const view: OperationView = { ...base, lastSequence: recorded.sequence };
  if (data.revision !== undefined) view.revision = data.revision;
  if (data.artifact !== undefined) view.artifact = data.artifact;
  if (data.others !== undefined) view.others = data.others;
  if ("options" in data && data.options !== undefined) view.options = data.options;
  if (event.type === "OperationStarted") return begin(view, recorded.at, event);
  view.endedAt = recorded.at;
  view.durationMs = event.data.durationMs;
  return end(view, event);
}

type OfType<Type extends OperationEvent["type"]> = Extract<OperationEvent, { type: Type }>;

function begin(view: OperationView, at: string, { data }: OfType<"OperationStarted">): OperationView {
  view.startedAt ??= at;
  if (data.attempt !== undefined) view.attempts = data.attempt;
  view.plan = data.plan;
  view.inventory = data.inventory;
  view.counts = data.counts;
  return view;
}

function end(view: OperationView, event: Exclude<OperationEvent, { type: "OperationStarted" }>): OperationView {
  switch (event.type) {
    case "SyncSucceeded":
      view.result = "Succeeded";
      view.noted = event.data.refused;
      return assignKnown(view, event.data);
    case "SyncFailed":
      view.result = "Failed";
      view.noted = event.data.failures;
      view.code = event.data.code;
      view.message = event.data.message;
      return assignKnown(view, event.data);
    case "SyncSuperseded":
      view.result = "Superseded";
      view.message = `Operation ${event.data.by} took its place`;
      return assignKnown(view, event.data);
    case "SyncTerminated":
      view.result = "Terminated";
      view.code = "Terminated";
      view.message = `${event.data.by.name} ended it`;
      return assignKnown(view, event.data);
    case "SyncTimedOut":
      view.result = "TimedOut";
      view.code = "Timeout";
      view.message = `It was not done after ${event.data.limitSeconds} s`;
      view.noted = event.data.waitingFor;
      return assignKnown(view, event.data);
    case "ComparisonRecorded":
      view.result = "Compared";
      view.plan = event.data.plan;
      view.noted = event.data.differing;
      if (event.data.withheld !== undefined) view.message = event.data.withheld;
      return assignKnown(view, event.data);
    case "ComparisonFailed":
      view.result = "Failed";
      view.code = event.data.code;
      view.message = event.data.message;
      return view;
    case "DryRunRecorded":
      view.result = "DryRun";
      view.plan = event.data.plan;
      view.noted = event.data.failures;
      return assignKnown(view, event.data);
  }
}

/** What an ending may or may not say; absent is left as it was, so that no member is ever present and undefined. */
function assignKnown(
  view: OperationView,
  data: Partial<Pick<Required<OperationView>, "counts" | "inventory" | "report" | "health">>,
): OperationView {
  if (data.counts !== undefined) view.counts = data.counts;
  if (data.inventory !== undefined) view.inventory = data.inventory;
  if (data.report !== undefined) view.report = data.report;
  if (data.health !== undefined) view.health = data.health;
  return view;
}
