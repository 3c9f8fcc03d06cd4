import { Gauge, type Registry } from "prom-client";
import type { DoraFigures } from "../../schemas/api/dora-routes.ts";
import { doraOf } from "../api/dora.ts";
import type { ApiViews } from "../api/ports.ts";

/** Days that the gauges look back. */
const DAYS = 30;
/** They move slowly, so a scrape a moment later is given the same. */
const KEPT_MS = 15_000;

/** Gauges of DORA's four key metrics for each pipeline, over the last 30 days; made when they are scraped. */
export function registerDoraMetrics(registry: Registry, views: ApiViews): void {
  let kept: { at: number; figures: DoraFigures[] } | undefined;
  const figures = (): DoraFigures[] => {
    const now = Date.now();
    if (kept === undefined || now - kept.at > KEPT_MS) {
      kept = { at: now, figures: views.list("pipelines").map(({ key }) => doraOf(views, key, { now, days: DAYS })) };
    }
    return kept.figures;
  };
  const gauge = (name: string, help: string, value: (of: DoraFigures) => number | undefined): void => {
    new Gauge({
      name,
      help: `${help} Over the last ${DAYS} days, by pipeline.`,
      labelNames: ["pipeline"] as const,
      registers: [registry],
      collect() {
        this.reset();
        for (const each of figures()) {
          const measured = value(each);
          if (measured !== undefined) this.set({ pipeline: each.pipeline }, measured);
        }
      },
    });
  };
  gauge(
    "sluice_dora_deployments_per_day",
    "Successful deployments to production a day.",
    (of) => of.deploymentFrequency,
  );
  gauge("sluice_dora_lead_time_seconds", "Median from a commit to production.", (of) => of.leadTimeSeconds);
  gauge("sluice_dora_change_failure_ratio", "Share of changes that failed.", (of) => of.changeFailureRate);
  gauge("sluice_dora_time_to_restore_seconds", "Median from a failure to restored.", (of) => of.timeToRestoreSeconds);
}
