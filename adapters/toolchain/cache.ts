import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { SluiceError } from "../../schemas/errors.ts";
import type { ToolName, ToolPin } from "./pins.ts";

/** Variables of a process's environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The folder that holds one go.mod per family: the nearest `tools` above this file, whether run as source or bundled. */
export function findToolsFolder(from = dirname(fileURLToPath(import.meta.url))): string {
  const here = join(from, "tools");
  if (existsSync(join(here, "nats-server", "go.mod"))) return here;
  const above = dirname(from);
  if (above === from) {
    throw new SluiceError("ToolUnavailable", "The tools folder with the pinned Go modules is not there.", {
      next: "Run Sluice from a whole checkout, or set the SLUICE_*_BIN variables of docs/reference/toolchain.md.",
    });
  }
  return findToolsFolder(above);
}

/** What `go build` is given for every program; part of the cache key. */
export const BUILD_FLAGS = ["-mod=readonly", "-trimpath", "-buildvcs=false"] as const;

/** The cache folder: SLUICE_CACHE_DIR, else `sluice` under XDG_CACHE_HOME, else `~/.cache/sluice`. */
export function cacheFolder(environment: Environment): string {
  if (environment["SLUICE_CACHE_DIR"]) return environment["SLUICE_CACHE_DIR"];
  return join(environment["XDG_CACHE_HOME"] || join(environment["HOME"] || homedir(), ".cache"), "sluice");
}

/** The value of `-ldflags`: no symbol tables (smaller, and quicker to link), and the pin's definitions. */
export function linkerFlags(pin: ToolPin): string {
  const definitions = Object.entries(pin.define).map(([variable, value]) => `-X ${variable}=${value}`);
  return ["-s", "-w", ...definitions].join(" ");
}

/**
 * Where a built program lies in the cache. The folder is keyed by everything that decides what is built but the Go
 * release, so that an upgrade of Go builds nothing anew.
 */
export function cachedPath(
  name: ToolName,
  pin: ToolPin,
  folders: { cache: string; tools: string },
  platform = `${process.platform}-${process.arch}`,
): string {
  const key = createHash("sha256");
  for (const file of ["go.mod", "go.sum", ...(pin.module === undefined ? [] : ["main.go"])]) {
    key.update(readFileSync(join(folders.tools, pin.family, file)));
  }
  key.update(JSON.stringify([pin.package, BUILD_FLAGS, linkerFlags(pin), platform]));
  return join(folders.cache, "tools", name, `${pin.version}-${key.digest("hex").slice(0, 12)}`, name);
}
