import { execFile } from "node:child_process";
import { connect } from "node:net";
import { promisify } from "node:util";
import type { Finding } from "../../../schemas/api/bodies.ts";
import { ERRORS, toSluiceError } from "../../../schemas/errors.ts";
import type { Context } from "../context.ts";
import { status } from "../io.ts";
import { harmless } from "../table.ts";

const OLDEST_NODE: [major: number, minor: number] = [22, 19];

/** Checks this machine and the server, and says what to do about what is wrong. Exit code 9 when a check failed. */
export async function doctor(context: Context): Promise<number> {
  const findings = [...(await machine()), ...(await server(context))];
  if (!(await context.showValue({ findings }))) {
    for (const { check, status: word, message, next } of findings) {
      context.io.out(`${status(context.io, word)}${" ".repeat(8 - word.length)} ${harmless(`${check}: ${message}`)}\n`);
      if (next !== undefined && word !== "ok") context.io.out(`         ${harmless(next)}\n`);
    }
  }
  return findings.some((finding) => finding.status === "failed") ? ERRORS.ToolUnavailable.exit : 0;
}

async function machine(): Promise<Finding[]> {
  const [git, go, tools] = await Promise.all([
    version("git", ["--version"]),
    version("go", ["version"]),
    toolFindings(),
  ]);
  return [nodeFinding(), programFinding("git", git, "failed"), programFinding("go", go, "warning"), ...tools];
}

/** The pinned servers and renderers: where each is, or how long building it takes. */
async function toolFindings(): Promise<Finding[]> {
  const { locateTools, TOOL_NAMES, TOOL_PINS } = await import("../../../adapters/toolchain/index.ts");
  const found = await locateTools(TOOL_NAMES);
  return TOOL_NAMES.map((name): Finding => {
    const check = `${name} ${TOOL_PINS[name].version}`;
    const path = found[name];
    const message = path ?? `not here; built when it is needed, in about ${TOOL_PINS[name].estimateSeconds} s`;
    return { check, status: "ok", message };
  });
}

function nodeFinding(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const [wantedMajor, wantedMinor] = OLDEST_NODE;
  const enough = major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
  return {
    check: "node",
    status: enough ? "ok" : "failed",
    message: process.version,
    ...(!enough && {
      next: `Sluice needs Node ${wantedMajor}.${wantedMinor} or newer; npm ci in the checkout brings one.`,
    }),
  };
}

function programFinding(check: string, found: string | undefined, otherwise: "failed" | "warning"): Finding {
  if (found !== undefined) return { check, status: "ok", message: found };
  const why =
    check === "go" ? "it builds the embedded servers at first start" : "the server reads repositories with it";
  return { check, status: otherwise, message: "not found on PATH", next: `Install ${check}: ${why}.` };
}

async function version(program: string, args: string[]): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(program, args, { timeout: 10_000 });
    return /\d+(?:\.\d+)+/.exec(stdout)?.[0] ?? stdout.trim();
  } catch {
    return undefined;
  }
}

async function server({ client }: Context): Promise<Finding[]> {
  try {
    const found = await client.get<{ version: string }>("/version");
    const { findings } = await client.get<{ findings: Finding[] }>("/doctor");
    const { server: address } = client.connection;
    return [{ check: "server", status: "ok", message: `version ${found.version} at ${address}` }, ...findings];
  } catch (thrown) {
    const { message, next } = toSluiceError(thrown);
    const taken = (await portIsTaken(client.connection.server)) ? "; another program listens at that address" : "";
    return [{ check: "server", status: "failed", message: `${message}${taken}`, ...(next !== undefined && { next }) }];
  }
}

/** Whether something takes connections at an address, if not as a Sluice server. */
async function portIsTaken(address: string): Promise<boolean> {
  const { hostname, port, protocol } = new URL(address);
  const socket = connect({ host: hostname, port: Number(port || (protocol === "https:" ? 443 : 80)), timeout: 2_000 });
  try {
    return await new Promise((done) => {
      socket
        .once("connect", () => done(true))
        .once("error", () => done(false))
        .once("timeout", () => done(false));
    });
  } finally {
    socket.destroy();
  }
}
