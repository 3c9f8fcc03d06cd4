import { newClusters, newContexts, newUsers } from "@kubernetes/client-node/dist/config_types.js";
import type { User } from "@kubernetes/client-node/dist/config_types.js";
import { parse } from "yaml";
import { SluiceError } from "../../schemas/errors.ts";
import type { ClusterCredentials } from "../../schemas/kinds/cluster.ts";

/**
 * Of `@kubernetes/client-node` only `config_types` is imported: it reads a kubeconfig's entries and costs 5 MiB, while its
 * KubeConfig class pulls in the generated models (82 MiB) to run programs and auth providers, which are refused here.
 */

/** Where the API server is and how to prove who we are. Holds secrets: never log it. */
export interface ConnectionSettings {
  /** Scheme, host and port. */
  origin: string;
  /** Path in front of `/api` and `/apis`, without a slash at its end; mostly empty. */
  basePath: string;
  headers: Record<string, string | string[]>;
  tls: { ca?: string; cert?: string; key?: string; servername?: string; rejectUnauthorized: boolean };
}

const MAX_KUBECONFIG_BYTES = 1_048_576;
const USER_REFUSED: Record<string, string> = {
  exec: "runs a program",
  "auth-provider": "uses an auth provider",
  "client-certificate": "refers to a file",
  "client-key": "refers to a file",
  tokenFile: "refers to a file",
  "token-file": "refers to a file",
  "as-uid": "impersonates by uid",
  "as-user-extra": "impersonates with extra fields",
};
const CLUSTER_REFUSED: Record<string, string> = {
  "certificate-authority": "refers to a file",
  "proxy-url": "asks for a proxy",
};

type Entry = Record<string, unknown>;
type Named = { name?: unknown; [part: string]: unknown };

/** Settings for one cluster. Throws InvalidConfiguration naming the kubeconfig's entry, never a value of it. */
export function connectionSettings(cluster: { server: string; credentials: ClusterCredentials }): ConnectionSettings {
  const { server, credentials } = cluster;
  const url = serverURL(server);
  const found = credentials.kubeconfig === undefined ? undefined : fromKubeconfig(credentials, url);
  const ca = found?.ca ?? pem(credentials.caData);
  const servername = found?.servername;
  return {
    origin: url.origin,
    basePath: url.pathname.replace(/\/+$/, ""),
    headers: found?.headers ?? { authorization: `Bearer ${headerValue(credentials.token ?? "", "the token")}` },
    tls: {
      rejectUnauthorized: !(credentials.insecureSkipTLSVerify ?? found?.insecure ?? false),
      ...(ca === undefined ? {} : { ca }),
      ...(found?.cert === undefined ? {} : { cert: found.cert }),
      ...(found?.key === undefined ? {} : { key: found.key }),
      ...(servername === undefined ? {} : { servername }),
    },
  };
}

function serverURL(server: string): URL {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
    throw refused("The cluster's server is not an http(s) address without user, query and fragment", {
      next: "Write it as https://host:port.",
    });
  }
  return url;
}

function fromKubeconfig(credentials: ClusterCredentials, server: URL) {
  const config = read(credentials.kubeconfig ?? "");
  const wanted = credentials.context ?? text(config["current-context"]);
  if (!wanted) throw refused("The kubeconfig has no current-context", { next: "Name one in credentials.context." });
  const contextEntry = only(config, "contexts", wanted);
  const [context] = entries(() => newContexts([contextEntry]));
  const clusterEntry = only(config, "clusters", context?.cluster ?? "");
  check(clusterEntry, "cluster", CLUSTER_REFUSED);
  const userEntry = context?.user ? only(config, "users", context.user) : undefined;
  if (userEntry) check(userEntry, "user", USER_REFUSED);
  const [cluster] = entries(() => newClusters([clusterEntry]));
  const [user] = userEntry ? entries(() => newUsers([userEntry])) : [];
  sameServer(cluster?.server ?? "", server, context?.cluster ?? "");
  return {
    headers: user ? userHeaders(user, userEntry?.["user"] as Entry) : {},
    insecure: cluster?.skipTLSVerify ?? false,
    ca: pem(cluster?.caData),
    cert: pem(user?.certData),
    key: pem(user?.keyData),
    servername: cluster?.tlsServerName,
  };
}

function read(kubeconfig: string): Entry {
  if (Buffer.byteLength(kubeconfig) > MAX_KUBECONFIG_BYTES) throw refused("The kubeconfig is larger than 1 MiB");
  try {
    const value: unknown = parse(kubeconfig, { logLevel: "silent" });
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Entry;
  } catch {
    // The parser's message quotes the text, which holds secrets.
  }
  throw refused("The kubeconfig is not a YAML mapping", { next: "Check it with `kubectl config view`." });
}

function only(config: Entry, list: "contexts" | "clusters" | "users", name: string): Named {
  const all = config[list];
  const found = (Array.isArray(all) ? (all as Named[]) : []).filter((entry) => entry?.name === name);
  if (found.length === 1 && found[0]) return found[0];
  throw refused(`The kubeconfig has ${found.length === 0 ? "no entry" : "more than one entry"} ${name} in ${list}`);
}

function check(entry: Named, part: "user" | "cluster", table: Record<string, string>): void {
  const fields = entry[part];
  if (typeof fields !== "object" || fields === null) return;
  for (const [field, what] of Object.entries(table)) {
    const value = (fields as Entry)[field];
    if (value === undefined || value === null || value === "") continue;
    throw refused(`The kubeconfig's ${part} ${text(entry.name)} ${what} (${field}), which is refused`, {
      next: "Use a service account's token, or inline data such as client-certificate-data.",
    });
  }
}

function entries<T>(make: () => T[]): T[] {
  try {
    return make();
  } catch (error) {
    throw refused(`The kubeconfig is incomplete: ${error instanceof Error ? error.message : "an entry is malformed"}`);
  }
}

function sameServer(written: string, server: URL, name: string): void {
  const url = URL.canParse(written) ? new URL(written) : undefined;
  const same =
    url?.origin === server.origin && url.pathname.replace(/\/+$/, "") === server.pathname.replace(/\/+$/, "");
  if (same) return;
  throw refused(`The kubeconfig's cluster ${name} is another server than ${server.origin}`, {
    next: "Set spec.server to the kubeconfig's server, or choose the right context.",
  });
}

function userHeaders(user: User, fields: Entry): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  const where = `user ${user.name}'s`;
  if (user.token) headers["authorization"] = `Bearer ${headerValue(user.token, `${where} token`)}`;
  else if (user.username) {
    const pair = Buffer.from(`${user.username}:${user.password ?? ""}`).toString("base64");
    headers["authorization"] = `Basic ${pair}`;
  }
  if (user.impersonateUser) headers["impersonate-user"] = headerValue(user.impersonateUser, `${where} as`);
  const groups = fields["as-groups"];
  if (Array.isArray(groups) && groups.length > 0) {
    headers["impersonate-group"] = groups.map((group) => headerValue(text(group), `${where} as-groups`));
  }
  return headers;
}

function headerValue(value: string, what: string): string {
  const trimmed = value.trim();
  if (/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(trimmed)) return trimmed;
  throw refused(`${what} is empty or holds characters that a header cannot carry`);
}

/** PEM as it is; base64 of PEM decoded. */
function pem(data: string | undefined | null): string | undefined {
  if (!data) return undefined;
  const decoded = data.includes("-----BEGIN") ? data : Buffer.from(data, "base64").toString("latin1");
  if (decoded.includes("-----BEGIN")) return decoded;
  throw refused("A certificate or key is neither PEM nor base64 of PEM");
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

const refused = (message: string, more: { next?: string } = {}): SluiceError =>
  new SluiceError("InvalidConfiguration", message, more);
