import { Counter, Gauge } from "prom-client";
import type { Registry } from "prom-client";
import type { WatchMeters } from "./ports.ts";

/** The watcher's metrics. */
export function watchMeters(registry: Registry): WatchMeters {
  const registers = [registry];
  const restarts = new Counter({
    name: "sluice_watch_restarts_total",
    help: "Watches begun again, by cluster and reason; `ended` is the API server's own time limit.",
    labelNames: ["cluster", "reason"],
    registers,
  });
  const events = new Counter({
    name: "sluice_watch_events_total",
    help: "Lines received from watches, by cluster and type.",
    labelNames: ["cluster", "type"],
    registers,
  });
  const reports = new Counter({
    name: "sluice_watch_reports_total",
    help: "Changes of applications published to the intake, by cluster.",
    labelNames: ["cluster"],
    registers,
  });
  return {
    restarted: (cluster, reason) => restarts.inc({ cluster, reason }),
    event: (cluster, type) => events.inc({ cluster, type }),
    published: (cluster) => reports.inc({ cluster }),
    objects(count) {
      new Gauge({
        name: "sluice_watched_objects",
        help: "Live objects of applications that are followed, by cluster.",
        labelNames: ["cluster"],
        registers,
        collect() {
          this.reset();
          for (const [cluster, objects] of count()) this.set({ cluster }, objects);
        },
      });
    },
  };
}
