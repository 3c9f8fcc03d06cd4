import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SluiceError } from "../../schemas/errors.ts";
import { cacheFolder, cachedPath, findToolsFolder, type Environment } from "./cache.ts";
import { goBuild } from "./go.ts";
import { lockFile } from "./lock.ts";
import { TOOL_PINS, type ToolName } from "./pins.ts";
import type { ToolProgress } from "./progress.ts";
import { askVersion, findOnPath, isExecutable, versionFits } from "./version.ts";

/** What `ensureTools` may be told: who hears of progress, when to give up, and for tests the surroundings. */
export interface EnsureOptions {
  onProgress?: (progress: ToolProgress) => void;
  signal?: AbortSignal;
  /** Default: this process's. */
  environment?: Environment;
  /** Default: the tools/ folder of this source tree. */
  toolsFolder?: string;
}

interface Place {
  name: ToolName;
  cached: string;
  environment: Environment;
  tools: string;
}

/**
 * The absolute path of each named program: from its environment variable, from PATH when the version fits, from the
 * cache, or built into the cache now. Safe when several processes do it at once.
 * Throws a SluiceError `ToolUnavailable` that names the program, the reason and the next step.
 */
export async function ensureTools<Name extends ToolName>(
  names: readonly Name[],
  options: EnsureOptions = {},
): Promise<Record<Name, string>> {
  const environment = options.environment ?? process.env;
  const cache = cacheFolder(environment);
  const found = new Map<ToolName, string>();
  const missing: Place[] = [];
  await Promise.all(
    [...new Set(names)].map(async (name) => {
      const provided = await providedPath(name, environment);
      if (provided !== undefined) return void found.set(name, provided);
      // The pins are needed from here on; a container that brings its programs has none.
      const tools = options.toolsFolder ?? findToolsFolder();
      const cached = cachedPath(name, TOOL_PINS[name], { cache, tools });
      if (isExecutable(cached)) found.set(name, cached);
      else missing.push({ name, cached, environment, tools });
    }),
  );
  // One after the other: a build uses every core, and the second of a family finds what the first compiled.
  const order = Object.keys(TOOL_PINS);
  missing.sort((left, right) => order.indexOf(left.name) - order.indexOf(right.name));
  for (const [position, place] of missing.entries()) {
    await buildIntoCache(place, { index: position + 1, of: missing.length }, options);
    found.set(place.name, place.cached);
  }
  return Object.fromEntries(found) as Record<Name, string>;
}

/** Where each named program is now, without building any: undefined stands for one that would be built. */
export async function locateTools<Name extends ToolName>(
  names: readonly Name[],
  { environment = process.env, toolsFolder }: Pick<EnsureOptions, "environment" | "toolsFolder"> = {},
): Promise<Record<Name, string | undefined>> {
  const cache = cacheFolder(environment);
  const located = names.map(async (name) => {
    const provided = await providedPath(name, environment);
    if (provided !== undefined) return [name, provided] as const;
    return [name, cachedTool(name, cache, toolsFolder)] as const;
  });
  return Object.fromEntries(await Promise.all(located)) as Record<Name, string | undefined>;
}

function cachedTool(name: ToolName, cache: string, toolsFolder: string | undefined): string | undefined {
  try {
    const cached = cachedPath(name, TOOL_PINS[name], { cache, tools: toolsFolder ?? findToolsFolder() });
    return isExecutable(cached) ? cached : undefined;
  } catch {
    // No pins, as in a container: then there is no cache either.
    return undefined;
  }
}

/** What the machine itself has: the program of the environment variable, or one on PATH whose version fits. */
async function providedPath(name: ToolName, environment: Environment): Promise<string | undefined> {
  const pin = TOOL_PINS[name];
  const given = environment[pin.variable];
  if (given) {
    if (isExecutable(given)) return given;
    throw new SluiceError("ToolUnavailable", `${pin.variable} is ${given}, which is no executable file.`, {
      next: `Set ${pin.variable} to the absolute path of ${name} ${pin.version}, or unset it.`,
    });
  }
  const onPath = findOnPath(name, environment["PATH"]);
  if (onPath !== undefined) {
    const version = await askVersion(onPath, pin.versionArguments);
    if (version !== undefined && versionFits(version, pin)) return onPath;
  }
  return undefined;
}

async function buildIntoCache(
  place: Place,
  count: { index: number; of: number },
  options: Pick<EnsureOptions, "onProgress" | "signal">,
): Promise<void> {
  const { name, cached, environment, tools } = place;
  const report = options.onProgress ?? (() => {});
  const pin = TOOL_PINS[name];
  const lock = join(dirname(dirname(cached)), `${pin.version}.lock`);
  await using _held = await lockFile(lock, {
    signal: options.signal,
    onWait: (pid) => report({ type: "waiting", name, ...count, pid }),
  });
  if (isExecutable(cached)) return;

  const began = Date.now();
  const elapsedSeconds = () => (Date.now() - began) / 1_000;
  const building = (seconds: number) =>
    report({ type: "building", name, ...count, elapsedSeconds: seconds, estimateSeconds: pin.estimateSeconds });
  building(0);
  const ticking = setInterval(() => building(elapsedSeconds()), 1_000);
  const output = `${cached}.${process.pid}.partial`;
  try {
    await mkdir(dirname(cached), { recursive: true });
    await goBuild({ name, pin, tools, output, environment, signal: options.signal });
    await rename(output, cached);
  } finally {
    clearInterval(ticking);
    await rm(output, { force: true });
  }
  report({ type: "built", name, ...count, elapsedSeconds: elapsedSeconds(), path: cached });
}
