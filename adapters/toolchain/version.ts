import { execFile } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import type { ToolPin } from "./pins.ts";

/** The first `x.y.z` in what a program printed about itself, or undefined. */
export function parseVersion(printed: string): string | undefined {
  return /(\d+\.\d+\.\d+)/.exec(printed)?.[1];
}

/** Whether a version found on PATH may stand in for the pin: the same, or for `minor` the same major and minor. */
export function versionFits(found: string, pin: Pick<ToolPin, "version" | "fits">): boolean {
  if (pin.fits === "exact") return found === pin.version;
  const minor = (version: string) => version.split(".").slice(0, 2).join(".");
  return minor(found) === minor(pin.version);
}

/** The absolute path of an executable file on the given PATH, or undefined. */
export function findOnPath(name: string, path: string | undefined): string | undefined {
  for (const folder of (path ?? "").split(delimiter)) {
    if (isAbsolute(folder) && isExecutable(join(folder, name))) return join(folder, name);
  }
  return undefined;
}

/** Whether the path is a regular file that this user may execute. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Asks a program for its version; undefined when it fails, prints none, or takes longer than five seconds. */
export function askVersion(program: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(program, [...args], { timeout: 5_000 }, (error, stdout, stderr) =>
      resolve(error ? undefined : parseVersion(`${stdout}\n${stderr}`)),
    );
  });
}
