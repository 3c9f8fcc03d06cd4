import { type LogLevel, type LogMetadata, makeTelemetryFilterString, Runtime } from "@temporalio/worker";
import type { Logger } from "pino";

type Severity = Lowercase<LogLevel>;

export interface RuntimeOptions {
  log: Logger;
  /** Loopback port for the metrics of Temporal's core, Prometheus text under `/metrics`; without it they are not kept. */
  metricsPort?: number;
}

/**
 * Sets up Temporal's native core, once in a process and before the first worker: its log lines go through ours, its metrics
 * to a loopback port, and signals of the process stay with the server that stops its services in order.
 */
export function installRuntime({ log, metricsPort }: RuntimeOptions): void {
  Runtime.install({
    shutdownSignals: [],
    logger: bridge(log.child({ component: "temporal" })),
    telemetryOptions: {
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: "WARN", other: "ERROR" }) },
      ...(metricsPort !== undefined && {
        metrics: {
          prometheus: {
            bindAddress: `127.0.0.1:${metricsPort}`,
            countersTotalSuffix: true,
            unitSuffix: true,
            useSecondsForDurations: true,
          },
        },
      }),
    },
  });
}

function bridge(log: Logger) {
  const write = (level: Severity, message: string, meta?: LogMetadata): void => log[level](plain(meta), message);
  return {
    log: (level: LogLevel, message: string, meta?: LogMetadata) =>
      write(level.toLowerCase() as Severity, message, meta),
    trace: (message: string, meta?: LogMetadata) => write("trace", message, meta),
    debug: (message: string, meta?: LogMetadata) => write("debug", message, meta),
    // The SDK reports every start and stop of a worker and of its workflows at info.
    info: (message: string, meta?: LogMetadata) => write("debug", message, meta),
    // A failed activity is told by whoever ran it, with its code; here it would be told twice.
    warn: (message: string, meta?: LogMetadata) =>
      write(meta && "activityType" in meta ? "debug" : "warn", message, meta),
    error: (message: string, meta?: LogMetadata) => write("error", message, meta),
  };
}

/** Symbols and big integers of the SDK's metadata, which JSON has no word for, left out or written as text. */
function plain(meta: LogMetadata = {}): Record<string, unknown> {
  const entries = Object.entries(meta).map(([key, value]) => [key, typeof value === "bigint" ? String(value) : value]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}
