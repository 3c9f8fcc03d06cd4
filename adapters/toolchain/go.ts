import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SluiceError } from "../../schemas/errors.ts";
import { BUILD_FLAGS, linkerFlags, type Environment } from "./cache.ts";
import type { ToolName, ToolPin } from "./pins.ts";
import { findOnPath } from "./version.ts";

/** One build: the program, its pin, where it goes, and the surroundings. */
export interface Build {
  name: ToolName;
  pin: ToolPin;
  tools: string;
  output: string;
  environment: Environment;
  signal?: AbortSignal | undefined;
}

const AGAIN = "run `node tools/setup.ts` again";
const NETWORK =
  /dial tcp|no such host|connection refused|connection reset|i\/o timeout|TLS handshake|proxyconnect|GOPROXY|Forbidden|Bad Gateway|Service Unavailable|Too Many Requests|unexpected EOF|reading https?:|network is unreachable/i;

/**
 * Builds one program with the `go` on PATH.
 * Throws a SluiceError `ToolUnavailable` when Go is missing or too old, a download fails or the code does not build.
 */
export async function goBuild(build: Build): Promise<void> {
  const go = findOnPath("go", build.environment["PATH"]);
  const own = `or set ${build.pin.variable} to the path of your own ${build.name} ${build.pin.version}`;
  const needed = minimumGo(join(build.tools, build.pin.family, "go.mod"));
  if (go === undefined) {
    throw unavailable(build, `Go ${needed} or newer is needed to build it, and there is no \`go\` on PATH`, {
      next: `Install Go ${needed} or newer and ${AGAIN}, ${own}.`,
    });
  }
  const version = await run(go, ["env", "GOVERSION"], build);
  const found = /^go(\d+\.\d+(?:\.\d+)?)/.exec(version.output)?.[1];
  if (found !== undefined && isOlder(found, needed)) {
    throw unavailable(build, `Go ${needed} or newer is needed to build it, and the one on PATH is ${found}`, {
      next: `Upgrade Go and ${AGAIN}, ${own}.`,
    });
  }
  const args = ["build", ...BUILD_FLAGS, "-ldflags", linkerFlags(build.pin), "-o", build.output, build.pin.package];
  const built = await run(go, args, build);
  build.signal?.throwIfAborted();
  if (built.code !== 0) throw failed(build, built.output, own);
}

/** The version in a go.mod's `go` line. */
export function minimumGo(file: string): string {
  return /^go (\d+\.\d+(?:\.\d+)?)/m.exec(readFileSync(file, "utf8"))?.[1] ?? "0.0";
}

/** Whether one dotted version is lower than another, compared number by number. */
export function isOlder(found: string, needed: string): boolean {
  const [left, right] = [found, needed].map((version) => version.split(".").map(Number));
  for (let part = 0; part < 3; part++) {
    const difference = (left?.[part] ?? 0) - (right?.[part] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function failed(build: Build, output: string, own: string): SluiceError {
  const cause = new Error(output.trim().split("\n").slice(-20).join("\n"));
  if (/checksum mismatch|SECURITY ERROR/.test(output)) {
    return unavailable(build, "what was downloaded does not match its checksum in go.sum", {
      next: "Do not use it; check what stands between this machine and the Go module proxy.",
      cause,
    });
  }
  if (/no space left on device/.test(output)) {
    return unavailable(build, "the disk is full", { next: `Free about 6 GB and ${AGAIN}.`, cause });
  }
  if (/signal: killed|cannot allocate memory/.test(output)) {
    return unavailable(build, "the compiler ran out of memory", {
      next: `Free about 3 GB of memory and ${AGAIN}.`,
      cause,
    });
  }
  if (NETWORK.test(output)) {
    return unavailable(build, "its modules could not be downloaded", {
      next: `Check the network and \`go env GOPROXY\`, then ${AGAIN}, ${own}.`,
      cause,
    });
  }
  const last = output.trim().split("\n").at(-1) ?? "";
  return unavailable(build, `\`go build\` failed: ${last.slice(0, 300)}`, {
    next: `Set SLUICE_CACHE_DIR to an empty folder and ${AGAIN}, ${own}.`,
    cause,
  });
}

function unavailable(build: Build, why: string, more: { next: string; cause?: unknown }): SluiceError {
  return new SluiceError("ToolUnavailable", `${build.name} ${build.pin.version} is not there: ${why}.`, more);
}

function run(go: string, args: readonly string[], build: Build): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(go, [...args], {
      cwd: join(build.tools, build.pin.family),
      env: { ...build.environment, GOWORK: "off", GOTOOLCHAIN: "local", GOFLAGS: "", CGO_ENABLED: "0" },
      stdio: ["ignore", "pipe", "pipe"],
      ...(build.signal ? { signal: build.signal } : {}),
    });
    let output = "";
    const collect = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-100_000);
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output }));
  });
}
