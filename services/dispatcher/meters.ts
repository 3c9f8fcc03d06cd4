import { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** What the dispatcher tells of itself. */
export interface DispatchMeters {
  duration: Histogram<"type" | "result">;
  considered: Counter;
  changed: Counter;
  polls: Counter<"result">;
}

/** Registers the dispatcher's metrics; the gauges read `queues` when they are scraped. */
export function createMeters(metrics: Registry, queues: { held(): number; waiting(): number }): DispatchMeters {
  const registers = [metrics];
  const gauges = [
    {
      name: "sluice_intake_pending",
      help: "Intake messages taken and not yet acknowledged.",
      read: () => queues.held(),
    },
    {
      name: "sluice_dispatch_queue_depth",
      help: "Intake messages that wait for the round of their repository or application.",
      read: () => queues.waiting(),
    },
  ];
  for (const { name, help, read } of gauges) {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  }
  return {
    duration: new Histogram({
      name: "sluice_dispatch_duration_seconds",
      help: "Time of one round of a queue, from its beginning to its last acknowledgement.",
      labelNames: ["type", "result"],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 120],
      registers,
    }),
    considered: new Counter({
      name: "sluice_applications_considered_total",
      help: "Applications that followed a pushed ref.",
      registers,
    }),
    changed: new Counter({
      name: "sluice_applications_changed_total",
      help: "Applications that a push really changed.",
      registers,
    }),
    polls: new Counter({
      name: "sluice_polls_total",
      help: "Repositories looked at for changes that no webhook told of.",
      labelNames: ["result"],
      registers,
    }),
  };
}
