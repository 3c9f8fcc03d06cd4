import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { SluiceError, type Problem } from "../../schemas/errors.ts";
import { ServerConfiguration } from "../../schemas/server-configuration.ts";

type Tree = { [key: string]: unknown };

/** Paths of all settings, as in `["nats", "url"]`, read off the schema. */
export const settingPaths = (): string[][] => describedSettings().map(({ path }) => path);

interface Setting {
  path: string[];
  /** What it means; empty where its name says it. */
  description: string;
}

/** All settings, with what the schema says of each. */
export function describedSettings(schema: z.ZodType = ServerConfiguration, path: string[] = []): Setting[] {
  let inner: unknown = schema;
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault || inner instanceof z.ZodOptional) {
    inner = inner.unwrap();
  }
  if (!(inner instanceof z.ZodObject)) return [{ path, description: schema.description ?? "" }];
  const shape: Record<string, z.ZodType> = inner.shape;
  return Object.entries(shape).flatMap(([key, value]) => describedSettings(value, [...path, key]));
}

/** Name of a setting's environment variable: `["nats", "url"]` is `SLUICE_NATS_URL`. */
export const variableOf = (path: string[]): string =>
  `SLUICE_${path.map((part) => part.replace(/[A-Z](?:iB)?/g, (word) => `_${word}`).toUpperCase()).join("_")}`;

function setAt(tree: Tree, path: string[], value: unknown): void {
  const [head, ...rest] = path as [string, ...string[]];
  if (rest.length === 0) {
    tree[head] = value;
    return;
  }
  const child = tree[head];
  const next: Tree = typeof child === "object" && child !== null ? (child as Tree) : {};
  tree[head] = next;
  setAt(next, rest, value);
}

function readFile(file: string): Tree {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new SluiceError("InvalidConfiguration", `The configuration file ${file} can't be read`, {
      next: "Give an existing file with --config, or leave the flag out.",
      cause,
    });
  }
  try {
    const value: unknown = parse(text) ?? {};
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Tree;
  } catch (cause) {
    throw new SluiceError("InvalidConfiguration", `The configuration file ${file} is not YAML: ${String(cause)}`, {
      cause,
    });
  }
  throw new SluiceError("InvalidConfiguration", `The configuration file ${file} must hold a mapping of settings`);
}

/**
 * The configuration from file, environment and flags (lowest first). Throws `InvalidConfiguration` with every problem at once, each
 * with the setting's path and where it came from.
 */
export function loadConfiguration(input: {
  file?: string | undefined;
  environment: Record<string, string | undefined>;
  flags: [path: string[], value: unknown][];
}): ServerConfiguration {
  const tree: Tree = input.file === undefined ? {} : readFile(input.file);
  const origin = new Map<string, string>();
  for (const path of settingPaths()) {
    const value = input.environment[variableOf(path)];
    if (value === undefined || value === "") continue;
    setAt(tree, path, value);
    origin.set(path.join("."), variableOf(path));
  }
  for (const [path, value] of input.flags) {
    if (value === undefined) continue;
    setAt(tree, path, value);
    origin.set(path.join("."), "the command line");
  }
  const parsed = ServerConfiguration.safeParse(tree);
  if (parsed.success) return parsed.data;
  const problems: Problem[] = parsed.error.issues.map((issue) => {
    const path = issue.path.map(String).join(".");
    const from = origin.get(path) ?? input.file;
    return { path, message: issue.message, ...(from === undefined ? {} : { file: from }) };
  });
  throw new SluiceError("InvalidConfiguration", "The server's configuration is not valid", {
    problems,
    next: "Mend the settings named; `sluice server --help` lists them all.",
  });
}
