import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { isTerminal, type TerminalEvent } from "../../domain/application/state.ts";
import type { ApplicationEvent } from "../../schemas/events/index.ts";
import type { OperationResult } from "../../schemas/operation.ts";

const RESULT = {
  SyncSucceeded: "Succeeded",
  SyncFailed: "Failed",
  SyncSuperseded: "Superseded",
  SyncTerminated: "Terminated",
  SyncTimedOut: "TimedOut",
  ComparisonRecorded: "Compared",
  ComparisonFailed: "Failed",
  DryRunRecorded: "DryRun",
} as const satisfies Record<TerminalEvent["type"], OperationResult>;

/** What the worker counts of operations. */
export interface OperationMetrics {
  recorded(events: readonly ApplicationEvent[]): void;
}

/** Registers the metrics of operations; `running` is asked for the executions in memory whenever they are scraped. */
export function createOperationMetrics(registry: Registry, running: () => number): OperationMetrics {
  const labelNames = ["result", "kind"] as const;
  const total = new Counter({
    name: "sluice_syncs_total",
    help: "Operations whose end this worker recorded, by result and kind.",
    labelNames,
    registers: [registry],
  });
  const duration = new Histogram({
    name: "sluice_sync_duration_seconds",
    help: "From the request of an operation to its end.",
    labelNames,
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180, 600, 1_800],
    registers: [registry],
  });
  new Gauge({
    name: "sluice_operations_running",
    help: "Operations whose execution this worker holds in memory.",
    registers: [registry],
    collect() {
      this.set(running());
    },
  });
  return {
    recorded: (events) => {
      for (const event of events.filter(isTerminal)) {
        const labels = { result: RESULT[event.type], kind: event.data.kind };
        total.inc(labels);
        duration.observe(labels, event.data.durationMs / 1_000);
      }
    },
  };
}
