import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { SluiceError } from "../../schemas/errors.ts";

/** Flags that every command takes. */
export interface GlobalOptions {
  server?: string;
  token?: string;
  tokenFile?: string;
  dataDir?: string;
  output?: "table" | "wide" | "json" | "yaml" | "name";
  color?: boolean;
  quiet?: boolean;
}

/** Where the API is and the token for it. */
export interface Connection {
  server: string;
  token: string | undefined;
  /** Where the server's address came from, for messages. */
  from: string;
}

/** What `sluice server` and `sluice demo` leave for the CLI, in `client.json` of their data directory. */
export interface ClientContext {
  server: string;
  token?: string;
  /** Absolute, or relative to the file it stands in. */
  tokenFile?: string;
}

const DEFAULT_SERVER = "http://127.0.0.1:8080";
const DEFAULT_DATA_DIR = ".sluice";

type Environment = Record<string, string | undefined>;

/** The data directory: flag, environment, or `.sluice` here. */
export const dataDirOf = (options: GlobalOptions, env: Environment): string =>
  resolve(options.dataDir ?? env["SLUICE_DATA_DIR"] ?? DEFAULT_DATA_DIR);

/**
 * The connection by flags, then environment, then what a server left in its data directory, then in the user's own configuration.
 * A token that was left for one server is never sent to another.
 */
export function connectionOf(options: GlobalOptions, env: Environment): Connection {
  const left = leftContext(dataDirOf(options, env), env);
  const given = options.server ?? env["SLUICE_SERVER"];
  const server = address(given ?? left?.context.server ?? DEFAULT_SERVER);
  const from =
    options.server !== undefined ? "--server" : given !== undefined ? "SLUICE_SERVER" : (left?.file ?? "the default");
  return { server, token: tokenOf(options, env, server, left), from };
}

function tokenOf(options: GlobalOptions, env: Environment, server: string, left: Left | undefined): string | undefined {
  if (options.token !== undefined) return options.token;
  if (options.tokenFile !== undefined) return tokenIn(options.tokenFile);
  if (env["SLUICE_TOKEN"]) return env["SLUICE_TOKEN"];
  if (env["SLUICE_TOKEN_FILE"]) return tokenIn(env["SLUICE_TOKEN_FILE"]);
  if (left && address(left.context.server) === server) {
    const { token, tokenFile } = left.context;
    if (token !== undefined) return token;
    if (tokenFile !== undefined)
      return tokenIn(isAbsolute(tokenFile) ? tokenFile : join(dirname(left.file), tokenFile));
  }
  const own = join(dataDirOf(options, env), "token");
  return server === DEFAULT_SERVER && existsSync(own) ? tokenIn(own) : undefined;
}

function tokenIn(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (cause) {
    throw new SluiceError("Usage", `The token file ${file} can't be read`, {
      next: "Give a readable file with --token-file, or the token in SLUICE_TOKEN.",
      cause,
    });
  }
}

function address(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
  throw new SluiceError("Usage", `${text} is not the address of a server`, {
    next: `Write it as ${DEFAULT_SERVER}.`,
  });
}

interface Left {
  file: string;
  context: ClientContext;
}

function leftContext(dataDir: string, env: Environment): Left | undefined {
  const own = join(env["XDG_CONFIG_HOME"] ?? join(env["HOME"] ?? homedir(), ".config"), "sluice", "client.json");
  for (const file of [join(dataDir, "client.json"), own]) {
    const context = existsSync(file) ? readContext(file) : undefined;
    if (context) return { file, context };
  }
  return undefined;
}

function readContext(file: string): ClientContext {
  try {
    const value = JSON.parse(readFileSync(file, "utf8")) as ClientContext;
    if (typeof value.server === "string") return value;
  } catch (cause) {
    throw new SluiceError("Usage", `${file} can't be read as JSON`, { next: "Delete it, or give --server.", cause });
  }
  throw new SluiceError("Usage", `${file} names no server`, { next: "Delete it, or give --server." });
}
