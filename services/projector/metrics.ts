import { Counter, Gauge, Histogram } from "prom-client";
import type { Registry } from "prom-client";

/** The projector's metrics. */
export interface ProjectorMetrics {
  sequence: Gauge;
  events: Counter;
  rows: Counter<"view">;
  commit: Histogram;
}

/** Registers them. */
export function projectorMetrics(registry: Registry): ProjectorMetrics {
  const registers = [registry];
  return {
    sequence: new Gauge({
      name: "sluice_projector_sequence",
      help: "Ledger sequence that the views are folded up to.",
      registers,
    }),
    events: new Counter({ name: "sluice_projector_events_total", help: "Events folded into views.", registers }),
    rows: new Counter({
      name: "sluice_projector_rows_total",
      help: "Rows of views written or removed.",
      labelNames: ["view"],
      registers,
    }),
    commit: new Histogram({
      name: "sluice_projector_batch_events",
      help: "Events of one commit.",
      buckets: [1, 10, 100, 1_000, 10_000],
      registers,
    }),
  };
}
