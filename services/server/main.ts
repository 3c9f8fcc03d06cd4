import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { claimPort } from "../../adapters/embedded/ports.ts";
import { installRuntime } from "../../adapters/temporal/runtime.ts";
import { version } from "../../schemas/version.ts";
import { loadConfiguration } from "./configuration.ts";
import { createLogger } from "./logger.ts";
import { startServer } from "./server.ts";

/** Flags of `sluice server` and the settings they set; every other setting is in the file or the environment. */
export const SERVER_FLAGS = {
  config: undefined,
  "data-dir": ["dataDir"],
  role: ["role"],
  host: ["listen", "host"],
  port: ["listen", "port"],
  "nats-url": ["nats", "url"],
  "temporal-address": ["temporal", "address"],
  "temporal-namespace": ["temporal", "namespace"],
  "key-file": ["keyFile"],
  "token-file": ["tokenFile"],
  "log-level": ["log", "level"],
  "log-format": ["log", "format"],
} as const satisfies Record<string, string[] | readonly string[] | undefined>;

/** After this long a stop that hangs is given up, a moment before a service manager would. */
const STOP_LIMIT_MS = 28_000;

/** `sluice server`: runs until SIGTERM or SIGINT; its exit code is 0 after an orderly stop, 1 when a service died. */
export async function main(args: string[]): Promise<number> {
  const options = Object.fromEntries(Object.keys(SERVER_FLAGS).map((name) => [name, { type: "string" as const }]));
  const values = parseArgs({ args, options }).values as Record<keyof typeof SERVER_FLAGS, string | undefined>;
  const flags = Object.entries(SERVER_FLAGS).flatMap(([name, path]): [string[], unknown][] =>
    path === undefined ? [] : [[[...path], values[name as keyof typeof SERVER_FLAGS]]],
  );
  const file = values.config ?? process.env["SLUICE_CONFIG"];
  const configuration = loadConfiguration({ file, environment: process.env, flags });
  const log = createLogger(configuration.log);
  const metricsPort = await claimPort({ name: "temporal-worker-metrics", dataDir: resolve(configuration.dataDir) });
  installRuntime({ log, metricsPort });

  const ended = Promise.withResolvers<number>();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      log.info({ signal }, "stopping");
      ended.resolve(0);
    });
  }
  process.on("unhandledRejection", (err) => log.error({ err }, "a promise was rejected and nobody heard it"));
  const onDeath = (err: unknown): void => {
    log.fatal({ err }, "a service died, the process ends to be started again");
    ended.resolve(1);
  };
  const server = await startServer({ configuration, version, temporalMetricsPort: metricsPort, log, onDeath });
  const code = await ended.promise;
  await stopInTime(server.stop);
  log.info("stopped");
  // Temporal's worker leaves the timer of its grace behind; everything of ours is stopped by now.
  setTimeout(() => process.exit(code), 100).unref();
  return code;
}

async function stopInTime(stop: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, STOP_LIMIT_MS);
  });
  await Promise.race([stop(), limit]);
  clearTimeout(timer);
}
