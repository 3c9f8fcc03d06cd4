import { applicationDecider } from "../../../domain/application/decider.ts";
import type { Command } from "../../../domain/application/command.ts";
import type { ApplicationState } from "../../../domain/application/state.ts";
import type { Decider } from "../../../domain/decider.ts";
import type { SeenEvent } from "../../../domain/promotion/target-outcome.ts";
import type { PipelineCommand } from "../../../domain/promotion/command.ts";
import { pipelineDecider } from "../../../domain/promotion/decider.ts";
import type { PipelineState } from "../../../domain/promotion/state.ts";
import type { ApplicationEvent, PipelineEvent } from "../../../schemas/events/index.ts";

/** An event of a pipeline with its place, and whether the stage's own workflow recorded it. */
export interface SaidEvent {
  event: PipelineEvent;
  sequence: number;
  own: boolean;
}

/** The ledger in memory: one pipeline and its applications, decided by the real deciders, one sequence over all. */
export interface MemoryLedger {
  sequence: number;
  pipeline: PipelineState;
  said: SaidEvent[];
  states: Map<string, ApplicationState>;
  seen: Map<string, SeenEvent[]>;
  /** Executes with any decider of the pipeline; the events that it came to. */
  decide<Asked>(decider: Decider<PipelineState, Asked, PipelineEvent>, asked: Asked, own: boolean): PipelineEvent[];
  execute(command: PipelineCommand, own: boolean): PipelineEvent[];
  onApplication(name: string, command: Command): ApplicationEvent[];
}

export function createMemoryLedger(): MemoryLedger {
  const ledger: MemoryLedger = {
    sequence: 0,
    pipeline: pipelineDecider.initial,
    said: [],
    states: new Map(),
    seen: new Map(),
    decide(decider, asked, own) {
      const events = decider.decide(asked, ledger.pipeline);
      if (events.length > 0) ledger.sequence += 1;
      for (const event of events) {
        ledger.pipeline = pipelineDecider.evolve(ledger.pipeline, event);
        ledger.said.push({ event, sequence: ledger.sequence, own });
      }
      return events;
    },
    execute: (command, own) => ledger.decide(pipelineDecider, command, own),
    onApplication(name, command) {
      const before = ledger.states.get(name) ?? applicationDecider.initial;
      const events = applicationDecider.decide(command, before);
      if (events.length > 0) ledger.sequence += 1;
      ledger.states.set(name, events.reduce(applicationDecider.evolve, before));
      const seen = events.map((event) => ({ event, sequence: ledger.sequence }));
      ledger.seen.set(name, [...(ledger.seen.get(name) ?? []), ...seen]);
      return events;
    },
  };
  return ledger;
}
