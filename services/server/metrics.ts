import type { Registry } from "prom-client";
import type { MetricsText } from "../api/health.ts";

/** Temporal's core may be busy; a scrape does not wait longer for its part. */
const CORE_LIMIT_MS = 2_000;

/** Our metrics with those of Temporal's core behind them; what its port does not give is left out of that scrape. */
export function withTemporalMetrics(registry: Registry, port: number): MetricsText {
  return {
    contentType: registry.contentType,
    async metrics() {
      const [own, core] = await Promise.all([registry.metrics(), coreMetrics(port)]);
      return `${own}${core}`;
    },
  };
}

async function coreMetrics(port: number): Promise<string> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(CORE_LIMIT_MS) });
    return answer.ok ? await answer.text() : "";
  } catch {
    return "";
  }
}
