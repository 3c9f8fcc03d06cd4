import { newClusters, newContexts, newUsers } from "@kubernetes/client-node/dist/config_types.js";
import type { Cluster, User } from "@kubernetes/client-node/dist/config_types.js";
import { parse } from "yaml";
import { SluiceError } from "../../schemas/errors.ts";

/**
 * Of `@kubernetes/client-node` only `config_types` is imported: it reads a kubeconfig's entries and costs 5 MiB, while its
 * KubeConfig class pulls in the generated models (82 MiB) to run programs and auth providers, which are refused here.
 */

/** The entries of one context. Holds secrets. */
export interface KubeconfigEntries {
  cluster: Cluster;
  user: User | undefined;
  /** Groups to impersonate, which client-node's User leaves out. */
  impersonatedGroups: string[];
}

const MAX_BYTES = 1_048_576;
const USER_REFUSED: Record<string, string> = {
  exec: "runs a program",
  "auth-provider": "uses an auth provider",
  "client-certificate": "refers to a file",
  "client-key": "refers to a file",
  tokenFile: "refers to a file",
  // client-node reads this one while it parses: it must be refused before.
  "token-file": "refers to a file",
  "as-uid": "impersonates by uid",
  "as-user-extra": "impersonates with extra fields",
};
const CLUSTER_REFUSED: Record<string, string> = {
  "certificate-authority": "refers to a file",
  "proxy-url": "asks for a proxy",
};

type Named = { name?: unknown; [part: string]: unknown };

/** Reads a kubeconfig's context. Throws InvalidConfiguration naming the entry that is refused, never a value of it. */
export function readKubeconfig(kubeconfig: string, context: string | undefined): KubeconfigEntries {
  const config = mapping(kubeconfig);
  const wanted = context ?? text(config["current-context"]);
  if (!wanted) throw refused("The kubeconfig has no current-context", { next: "Name one in credentials.context." });
  const chosen = first(newContexts, only(config, "contexts", wanted));
  const clusterEntry = only(config, "clusters", chosen.cluster);
  check(clusterEntry, "cluster", CLUSTER_REFUSED);
  const cluster = first(newClusters, clusterEntry);
  if (!chosen.user) return { cluster, user: undefined, impersonatedGroups: [] };
  const userEntry = only(config, "users", chosen.user);
  check(userEntry, "user", USER_REFUSED);
  const groups = (userEntry["user"] as Named | undefined)?.["as-groups"];
  return {
    cluster,
    user: first(newUsers, userEntry),
    impersonatedGroups: Array.isArray(groups) ? groups.map(text) : [],
  };
}

function mapping(kubeconfig: string): Named {
  if (Buffer.byteLength(kubeconfig) > MAX_BYTES) throw refused("The kubeconfig is larger than 1 MiB");
  try {
    const value: unknown = parse(kubeconfig, { logLevel: "error" });
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Named;
  } catch {
    // The parser's message quotes the text, which holds secrets.
  }
  throw refused("The kubeconfig is not a YAML mapping", { next: "Check it with `kubectl config view`." });
}

function only(config: Named, list: "contexts" | "clusters" | "users", name: string): Named {
  const all = config[list];
  const found = (Array.isArray(all) ? (all as Named[]) : []).filter((entry) => entry?.name === name);
  if (found.length === 1 && found[0]) return found[0];
  throw refused(`The kubeconfig has ${found.length === 0 ? "no entry" : "more than one entry"} ${name} in ${list}`);
}

function check(entry: Named, part: "user" | "cluster", table: Record<string, string>): void {
  const fields = entry[part];
  if (typeof fields !== "object" || fields === null) return;
  for (const [field, what] of Object.entries(table)) {
    const value = (fields as Named)[field];
    if (value === undefined || value === null || value === "") continue;
    throw refused(`The kubeconfig's ${part} ${text(entry.name)} ${what} (${field}), which is refused`, {
      next: "Use a service account's token, or inline data such as client-certificate-data.",
    });
  }
}

/** client-node's reading of one entry; its complaints name fields and no values. */
function first<T>(read: (entries: unknown[]) => T[], entry: Named): T {
  let reason = "an entry is malformed";
  try {
    const [value] = read([entry]);
    if (value) return value;
  } catch (error) {
    if (error instanceof Error) reason = error.message;
  }
  throw refused(`The kubeconfig is incomplete: ${reason}`);
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

const refused = (message: string, more: { next?: string } = {}): SluiceError =>
  new SluiceError("InvalidConfiguration", message, more);
