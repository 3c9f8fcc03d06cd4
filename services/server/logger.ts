import { pino, type Logger } from "pino";
import type { ServerConfiguration } from "../../schemas/server-configuration.ts";

/** Fields that never reach a log, whoever logs them; the types hold no secrets, so this is the second line of defence. */
const REDACTED = [
  "authorization",
  "token",
  "password",
  "secret",
  "credentials",
  "kubeconfig",
  "privateKey",
  "sshPrivateKey",
];

/** The structured logger of a process: JSON lines on standard error, so that standard output stays for answers. */
export function createLogger(settings: ServerConfiguration["log"]): Logger {
  const redact = {
    paths: REDACTED.flatMap((field) => [field, `*.${field}`, `req.headers.${field}`]),
    censor: "[redacted]",
  };
  const options = { level: settings.level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact };
  if (settings.format === "json") return pino(options, pino.destination({ dest: 2, sync: true }));
  const line = (text: string): void => {
    const { level, time, msg, service, ...rest } = JSON.parse(text) as Record<string, unknown> & { service?: string };
    const label = pino.levels.labels[Number(level)] ?? "info";
    const more = Object.keys(rest).length === 0 ? "" : ` ${JSON.stringify(rest)}`;
    process.stderr.write(`${String(time)} ${label.padEnd(5)} ${service ? `${service}: ` : ""}${String(msg)}${more}\n`);
  };
  return pino(options, { write: line });
}
