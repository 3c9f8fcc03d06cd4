import { SERVER_FLAGS } from "../server/main.ts";
import { describedSettings, variableOf } from "../server/configuration.ts";

/** What `sluice server --help` shows: every flag, and every other setting with its environment variable. */
export function serverHelp(): string {
  const about = new Map(describedSettings().map(({ path, description }) => [path.join("."), description]));
  const told = (path: readonly string[]): string => about.get(path.join(".")) || path.join(".");
  const flags = Object.entries(SERVER_FLAGS).map(([flag, path]): [string, string] => [
    `--${flag} <value>`,
    path === undefined ? "Configuration file, YAML. (SLUICE_CONFIG)" : `${told(path)} (${variableOf([...path])})`,
  ]);
  const inFlags = new Set(Object.values(SERVER_FLAGS).map((path) => path?.join(".")));
  const rest = describedSettings().filter(({ path }) => !inFlags.has(path.join(".")));
  const others = rest.map(({ path }): [string, string] => [variableOf(path), told(path)]);
  const width = Math.max(...[...flags, ...others].map(([name]) => name.length)) + 2;
  const lines = (rows: [string, string][]) => rows.map(([name, about]) => `  ${name.padEnd(width)}${about}\n`).join("");
  return `Usage: sluice server [options]

run the server: all services in one process, or some (--role gateway,api)

Options:
${lines(flags)}
Other settings, in the environment or the file:
${lines(others)}
With types and defaults: docs/reference/server.md

Examples:
  $ sluice server
  $ sluice server --data-dir /var/lib/sluice --host 0.0.0.0
  $ sluice server --role worker --nats-url nats://nats:4222 --temporal-address temporal:7233
`;
}
