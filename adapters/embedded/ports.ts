import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SluiceError } from "../../schemas/errors.ts";
import { reapStale } from "./pid-file.ts";

/** Below the range from which the kernel takes ports for outgoing connections, so that none of those is in the way. */
const FIRST_PORT = 20_000;
const PORTS = 12_000;
/** Each process looks first among this many of its own, so that processes starting at once don't choose the same. */
const PORTS_PER_PROCESS = 32;

const candidates = candidatePorts(process.pid);

/** Which port a server shall have, and where that is remembered for its next start. */
export interface PortClaim {
  /** The server's name, for the error and the file. */
  name: string;
  /** The folder of the data; the port is remembered in `run/<name>.port` below it. */
  dataDir: string;
  /** A port that the user asked for; without it the remembered one or a free one is taken. */
  port?: number | undefined;
}

/**
 * A port on 127.0.0.1 that nothing listens on: the one asked for, else the one of the last start, else a free one.
 * What an earlier start of the same server left running there is ended first.
 * Throws a SluiceError `PortInUse` when the one asked for is taken.
 */
export async function claimPort(claim: PortClaim): Promise<number> {
  const run = join(claim.dataDir, "run");
  await reapStale(join(run, `${claim.name}.pid`));
  const file = join(run, `${claim.name}.port`);
  const port = claim.port ?? (await remembered(file)) ?? (await freePort());
  if (claim.port !== undefined && !(await isFree(port))) {
    throw new SluiceError("PortInUse", `Port ${port} on 127.0.0.1, which ${claim.name} needs, is taken.`, {
      next: `End the program that listens on port ${port}, or give ${claim.name} another port.`,
    });
  }
  await mkdir(run, { recursive: true, mode: 0o700 });
  await writeFile(file, String(port));
  return port;
}

/** Whether nothing listens on that port of 127.0.0.1. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** A server that was just killed lets go of its port a moment after it looks dead. */
const LET_GO_TRIES = 20;
const LET_GO_PAUSE_MS = 100;

async function remembered(file: string): Promise<number | undefined> {
  const port = Number(await readFile(file, "utf8").catch(() => ""));
  if (!(port > 0)) return undefined;
  for (let attempt = 0; attempt < LET_GO_TRIES; attempt++) {
    if (await isFree(port)) return port;
    await sleep(LET_GO_PAUSE_MS);
  }
  return undefined;
}

async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < PORTS; attempt++) {
    const port = candidates.next().value;
    if (await isFree(port)) return port;
  }
  throw new SluiceError("PortInUse", `No port from ${FIRST_PORT} to ${FIRST_PORT + PORTS - 1} is free on 127.0.0.1.`);
}

function* candidatePorts(pid: number): Generator<number, never> {
  for (let offset = (pid * PORTS_PER_PROCESS) % PORTS; ; offset = (offset + 1) % PORTS) yield FIRST_PORT + offset;
}
