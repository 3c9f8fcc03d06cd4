import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { parse } from "yaml";
import { SluiceError } from "../../schemas/errors.ts";

type Entry = Record<string, unknown>;

/** One context of a kubeconfig that stands alone, with what was put into it and what to know about it. */
export interface StandaloneContext {
  context: string;
  server: string;
  /** A kubeconfig with this one context and no reference to a file. Holds secrets. */
  kubeconfig: string;
  warnings: string[];
}

/** Fields that name a file, and the field that takes its content (base64 where it is data). */
const CLUSTER_FILES = { "certificate-authority": "certificate-authority-data" } as const;
const USER_FILES = { "client-certificate": "client-certificate-data", "client-key": "client-key-data" } as const;

/** The kubeconfig that kubectl would use. */
export function kubeconfigPath(given: string | undefined, env: Record<string, string | undefined>): string {
  const [first] = (env["KUBECONFIG"] ?? "").split(":").filter(Boolean);
  return given ?? first ?? join(env["HOME"] ?? homedir(), ".kube", "config");
}

/** Takes one context out of a kubeconfig and embeds the files it names. Throws Usage for what can't be embedded, such as programs. */
export function standaloneContext(file: string, choice: { wanted: string } | { preferred: string }): StandaloneContext {
  const config = readConfig(file);
  const name = chosenContext(config, choice);
  if (!name) throw unusable(`${file} has no current context`, contextsOf(config));
  const context = entry(config, "contexts", name)?.["context"] as Entry | undefined;
  if (!context) throw unusable(`${file} has no context ${name}`, contextsOf(config));
  const cluster = { ...(entry(config, "clusters", String(context["cluster"]))?.["cluster"] as Entry | undefined) };
  const user = { ...(entry(config, "users", String(context["user"]))?.["user"] as Entry | undefined) };
  const server = cluster["server"];
  if (typeof server !== "string") throw unusable(`The cluster of context ${name} has no server`);
  refusePrograms(name, user);
  const warnings = [
    ...embed(cluster, CLUSTER_FILES, file),
    ...embed(user, USER_FILES, file),
    ...embedToken(user, file),
  ];
  if (cluster["insecure-skip-tls-verify"] === true) warnings.push("its API server's certificate is not verified");
  return { context: name, server, kubeconfig: written(name, cluster, user), warnings };
}

/** The context wanted; or the preferred one where there is such a one, else the current one. */
function chosenContext(config: Entry, choice: { wanted: string } | { preferred: string }): string | undefined {
  if ("wanted" in choice) return choice.wanted;
  const current = config["current-context"];
  if (entry(config, "contexts", choice.preferred)) return choice.preferred;
  return typeof current === "string" && current !== "" ? current : undefined;
}

const written = (name: string, cluster: Entry, user: Entry): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    clusters: [{ name, cluster }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  });

function readConfig(file: string): Entry {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new SluiceError("Usage", `The kubeconfig ${file} can't be read`, {
      next: "Name one with --kubeconfig or KUBECONFIG.",
      cause,
    });
  }
  try {
    const value: unknown = parse(text, { logLevel: "silent" });
    if (typeof value === "object" && value !== null) return value as Entry;
  } catch {
    // What the parser says quotes the text, which holds secrets.
  }
  throw unusable(`${file} is not a kubeconfig`);
}

function entry(config: Entry, list: string, name: string): Entry | undefined {
  const all = config[list];
  return Array.isArray(all) ? (all as Entry[]).find((one) => one["name"] === name) : undefined;
}

function contextsOf(config: Entry): string {
  const all = config["contexts"];
  const names = Array.isArray(all) ? (all as Entry[]).map((one) => String(one["name"])) : [];
  return names.length === 0 ? "It has none at all." : `It has: ${names.join(", ")}.`;
}

function refusePrograms(context: string, user: Entry): void {
  for (const field of ["exec", "auth-provider"]) {
    if (user[field] === undefined) continue;
    throw unusable(
      `The user of context ${context} gets its credentials from a program (${field}), which the server does not run`,
      "Make a service account with a token, and add the cluster with a kubeconfig that has it.",
    );
  }
}

function embed(target: Entry, files: Record<string, string>, kubeconfig: string): string[] {
  return Object.entries(files).flatMap(([from, to]) => {
    const path = target[from];
    if (typeof path !== "string" || path === "") return [];
    delete target[from];
    target[to] = content(path, kubeconfig).toString("base64");
    return [`the content of ${path} (${from}) goes to the server`];
  });
}

function embedToken(user: Entry, kubeconfig: string): string[] {
  const path = user["tokenFile"];
  if (typeof path !== "string" || path === "") return [];
  delete user["tokenFile"];
  user["token"] = content(path, kubeconfig).toString("utf8").trim();
  return [`the token in ${path} goes to the server as it is now; it is not read again when it is rotated`];
}

function content(path: string, kubeconfig: string): Buffer {
  const file = isAbsolute(path) ? path : join(dirname(kubeconfig), path);
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new SluiceError("Usage", `${file}, which the kubeconfig names, can't be read`, {
      next: "Check its permissions.",
      cause,
    });
  }
}

const unusable = (message: string, next?: string): SluiceError =>
  new SluiceError("Usage", message, next === undefined ? {} : { next });
