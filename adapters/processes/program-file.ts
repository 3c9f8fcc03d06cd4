import { existsSync } from "node:fs";

/**
 * The file of a program or thread of our own, two folders below the root: its source, or what the build made of it in dist/ where
 * there are no sources, as in a container.
 */
export const programFile = (source: URL, built: string): URL =>
  existsSync(source) ? source : new URL(`../../dist/${built}`, source);
