import type { ApplicationEvent } from "../../schemas/events/index.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { type BreakGlassCommand, decideBreakGlass } from "../break-glass/decide.ts";
import { requestRemediation } from "../drift/remediation.ts";
import { rollbackAfterFailure } from "../rollback/automatic.ts";
import { decideVersion, isVersionCommand } from "../rollback/decide.ts";
import { exclusionsAtStart } from "../rollback/exclusion.ts";
import { leftBehind } from "../rollback/left.ts";
import { beingDeleted } from "./deleting.ts";
import { evolve } from "./evolve.ts";
import { interim } from "./interim.ts";
import { observe } from "./observe.ts";
import { decidePin, isPinCommand } from "./pin.ts";
import { same } from "./same.ts";
import type {
  Command,
  Configuration,
  EndOperation,
  HoldOperation,
  OperationFacts,
  OverrideWindow,
  StartOperation,
} from "./command.ts";
import { type ApplicationState, hasEnded, type RunningOperation, type TerminalEvent } from "./state.ts";

/** What a command makes happen; [] when there is nothing new to say. Throws Conflict or NotFound for what cannot be. */
export function decide(command: Command, state: ApplicationState): ApplicationEvent[] {
  if (isBreakGlassCommand(command)) return decideBreakGlass(command, state);
  if (isVersionCommand(command)) return decideVersion(command, state);
  if (isPinCommand(command)) return decidePin(command, state);
  switch (command.type) {
    case "CreateApplication":
      return create(command, state);
    case "UpdateApplication":
      return update(command, state);
    case "ConfigureApplication":
      return state.configuration ? update(command, state) : create(command, state);
    case "DeleteApplication":
      return remove(command.cascade, state);
    case "StartOperation":
      return start(command, state);
    case "EndOperation":
      return end(command, state);
    case "HoldOperation":
      return hold(command, state);
    case "OverrideWindow":
      return override(command, state);
    case "ScheduleRetry":
    case "RequestConfirmation":
    case "ConfirmPrune":
      return interim(command, state);
    case "ObserveCluster":
      return observe(command.message, state);
    case "RequestRemediation":
      return requestRemediation(command, state);
    case "InOrder":
      return inOrder(command.commands, state);
  }
}

const isBreakGlassCommand = (command: Command): command is BreakGlassCommand => command.type.endsWith("BreakGlass");

const configurationOf = ({ spec, labels, annotations }: Configuration): Configuration => ({
  spec,
  labels,
  annotations,
});

function create(command: Configuration, state: ApplicationState): ApplicationEvent[] {
  if (state.configuration) {
    throw new SluiceError("Conflict", "an application of this name exists already", {
      next: "update it instead, or choose another name",
    });
  }
  return [{ type: "ApplicationCreated", data: configurationOf(command) }];
}

function update(command: Configuration & { name?: string }, state: ApplicationState): ApplicationEvent[] {
  const { configuration, running } = state;
  if (!configuration) {
    throw new SluiceError("NotFound", "there is no application of this name to update", { next: "create it first" });
  }
  if (running?.kind === "delete") throw beingDeleted(running.operation, command.name);
  const data = configurationOf(command);
  return same(data, configurationOf(configuration)) ? [] : [{ type: "ApplicationUpdated", data }];
}

function remove(cascade: boolean, state: ApplicationState): ApplicationEvent[] {
  if (!state.configuration) return [];
  if (state.running) {
    throw new SluiceError("Conflict", `operation ${state.running.operation} is still running`, {
      next: "wait for it, or terminate it first",
    });
  }
  return [{ type: "ApplicationDeleted", data: { cascade } }];
}

function start(command: StartOperation, state: ApplicationState): ApplicationEvent[] {
  const { type: _, at, named: _named, ...data } = command;
  if (hasEnded(state, command.operation)) {
    throw new SluiceError("Conflict", `operation ${command.operation} has already ended`, {
      next: "ask for a new operation",
    });
  }
  if (!state.configuration) {
    throw new SluiceError("NotFound", "the application does not exist any more");
  }
  if (state.running?.operation === command.operation) {
    const again = (command.attempt ?? 1) > (state.running.attempt ?? 1);
    return again ? [{ type: "OperationStarted", data }] : [];
  }
  const left = state.running ? [abandoned(state.running, command.operation, at)] : [];
  return [
    ...left,
    { type: "OperationStarted", data },
    ...leftBehind(command, state),
    ...exclusionsAtStart(command, state),
  ];
}

/** An operation whose workflow was lost before it recorded an end: the next one to start records it. */
function abandoned(running: RunningOperation, by: string, at: string): ApplicationEvent {
  const { plan: _, requestedAt, attempt: _attempt, retried: _retried, confirmation: _confirmation, ...facts } = running;
  const elapsed = requestedAt === undefined ? 0 : Date.parse(at) - Date.parse(requestedAt);
  const durationMs = elapsed > 0 ? Math.round(elapsed) : 0;
  return { type: "SyncSuperseded", data: { ...facts, by, durationMs } };
}

function hold(command: HoldOperation, state: ApplicationState): ApplicationEvent[] {
  const { type: _, kind, trigger, compared, ...held } = command;
  if (!state.configuration || hasEnded(state, command.operation) || same(held, state.held)) return [];
  const { operation, reason, message, until } = held;
  return [
    {
      type: "OperationHeld",
      data: {
        operation,
        kind,
        trigger,
        reason,
        message,
        ...(until !== undefined && { until }),
        ...(compared && { compared }),
      },
    },
  ];
}

/** Recorded together with the start, right after it, and so once. */
function override(command: OverrideWindow, state: ApplicationState): ApplicationEvent[] {
  const { type: _, ...data } = command;
  return state.running?.operation === command.operation ? [{ type: "SyncWindowOverridden", data }] : [];
}

function end(command: EndOperation, state: ApplicationState): ApplicationEvent[] {
  if (hasEnded(state, command.operation)) return [];
  const terminal = outcomeEvent(command, ranOf(command, state));
  const pruned = command.kind === "delete" && command.outcome.result === "Succeeded" && state.configuration;
  if (pruned) return [terminal, { type: "ApplicationDeleted", data: { cascade: command.orphaned !== true } }];
  return [terminal, ...rollbackAfterFailure(terminal, state)];
}

/** What ran: what the command knows, else what the operation's start recorded. */
function ranOf(command: EndOperation, state: ApplicationState): OperationFacts {
  const begun = state.running?.operation === command.operation ? state.running : undefined;
  const revision = command.revision ?? begun?.revision;
  const sourceDigest = command.sourceDigest ?? begun?.sourceDigest;
  const artifact = command.artifact ?? begun?.artifact;
  const others = command.others ?? begun?.others;
  return {
    operation: command.operation,
    kind: command.kind,
    trigger: command.trigger,
    ...(revision !== undefined && { revision }),
    ...(sourceDigest !== undefined && { sourceDigest }),
    ...(artifact !== undefined && { artifact }),
    ...(others !== undefined && { others }),
  };
}

function outcomeEvent({ outcome, durationMs, kind, asked, apart }: EndOperation, ran: OperationFacts): TerminalEvent {
  switch (outcome.result) {
    case "Succeeded": {
      const { result: _, ...rest } = outcome;
      return { type: "SyncSucceeded", data: { ...ran, ...rest, durationMs } };
    }
    case "Failed": {
      const { result: _, ...rest } = outcome;
      const { code, message } = rest;
      return kind === "refresh"
        ? { type: "ComparisonFailed", data: { ...ran, code, message, durationMs } }
        : {
            type: "SyncFailed",
            data: { ...ran, ...(asked !== undefined && { asked }), ...(apart && { apart }), ...rest, durationMs },
          };
    }
    case "Superseded": {
      const { result: _, ...rest } = outcome;
      return { type: "SyncSuperseded", data: { ...ran, ...rest, durationMs } };
    }
    case "Terminated": {
      const { result: _, ...rest } = outcome;
      return { type: "SyncTerminated", data: { ...ran, ...rest, durationMs } };
    }
    case "TimedOut": {
      const { result: _, ...rest } = outcome;
      return { type: "SyncTimedOut", data: { ...ran, ...rest, durationMs } };
    }
    case "Compared": {
      const { result: _, ...rest } = outcome;
      return { type: "ComparisonRecorded", data: { ...ran, ...rest, durationMs } };
    }
    case "DryRun": {
      const { result: _, ...rest } = outcome;
      return { type: "DryRunRecorded", data: { ...ran, ...rest, durationMs } };
    }
  }
}

function inOrder(commands: readonly Command[], state: ApplicationState): ApplicationEvent[] {
  const events: ApplicationEvent[] = [];
  let current = state;
  for (const command of commands) {
    const decided = decide(command, current);
    events.push(...decided);
    current = decided.reduce(evolve, current);
  }
  return events;
}
