import { existsSync } from "node:fs";

/** Set by the build in everything it makes. */
const isBundled = (import.meta as { bundled?: boolean }).bundled === true;

/**
 * The file of a program or thread of our own, two folders below the root: for a program that was built what the build made of it in
 * dist/, which takes 30 MiB less than to read TypeScript, and has to do in a container without sources; else its source.
 */
export function programFile(source: URL, built: string): URL {
  const made = new URL(`../../dist/${built}`, source);
  return (isBundled || !existsSync(source)) && existsSync(made) ? made : source;
}
