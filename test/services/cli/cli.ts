import type { AddressInfo } from "node:net";
import type { Io } from "../../../services/cli/io.ts";
import { run } from "../../../services/cli/run.ts";
import { apiInstance, TOKEN } from "../api/instance.ts";

/** What a command line printed, and its exit code. */
export interface Ran {
  code: number;
  out: string;
  err: string;
}

interface Surroundings {
  env?: Record<string, string>;
  stdin?: string;
  live?: boolean;
  colors?: boolean;
  /** Told of everything that is said on the error stream. */
  said?: (text: string) => void;
  /** A person who answers questions. */
  ask?: (question: string) => Promise<boolean>;
}

/** Runs a command line in this process. */
export async function cli(
  args: string[],
  { env = {}, stdin = "", live = false, colors = false, said, ask }: Surroundings = {},
): Promise<Ran> {
  const ran = { code: 0, out: "", err: "" };
  const io: Io = {
    out: (text) => void (ran.out += text),
    err: (text) => {
      ran.err += text;
      said?.(text);
    },
    live,
    columns: 80,
    colors,
    env: { HOME: "/nonexistent", ...env },
    readStdin: async () => stdin,
    ...(ask && { ask }),
  };
  ran.code = await run(["--data-dir", "/nonexistent", ...args], "0.0.0-test", () => io);
  return ran;
}

/** A real API on a port, and the CLI against it. */
export async function cliWithServer() {
  const instance = await apiInstance();
  await instance.app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = instance.app.server.address() as AddressInfo;
  const server = `http://127.0.0.1:${port}`;
  const env = { SLUICE_SERVER: server, SLUICE_TOKEN: TOKEN };
  const sluice = (line: string | string[], more: Surroundings = {}) =>
    cli(typeof line === "string" ? line.split(" ") : line, { ...more, env: { ...env, ...more.env } });
  return { ...instance, server, env, sluice, close: () => instance.app.close() };
}
