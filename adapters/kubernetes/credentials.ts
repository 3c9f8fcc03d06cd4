import type { User } from "@kubernetes/client-node/dist/config_types.js";
import { SluiceError } from "../../schemas/errors.ts";
import type { ClusterCredentials } from "../../schemas/kinds/cluster.ts";
import { readKubeconfig } from "./kubeconfig.ts";

/** Where the API server is and how to prove who we are. Holds secrets: never log it. */
export interface ConnectionSettings {
  /** Scheme, host and port. */
  origin: string;
  /** Path in front of `/api` and `/apis`, without a slash at its end; mostly empty. */
  basePath: string;
  headers: Record<string, string | string[]>;
  tls: { ca?: string; cert?: string; key?: string; servername?: string; rejectUnauthorized: boolean };
}

/** Settings for one cluster. Throws InvalidConfiguration naming the kubeconfig's entry, never a value of it. */
export function connectionSettings(cluster: { server: string; credentials: ClusterCredentials }): ConnectionSettings {
  const { server, credentials } = cluster;
  const url = serverURL(server);
  const place = { origin: url.origin, basePath: pathOf(url) };
  if (credentials.kubeconfig !== undefined) return { ...place, ...fromKubeconfig(credentials, url) };
  const token = headerValue(credentials.token ?? "", "The token");
  return { ...place, headers: { authorization: `Bearer ${token}` }, tls: trust(credentials) };
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

function fromKubeconfig(credentials: ClusterCredentials, server: URL): Pick<ConnectionSettings, "headers" | "tls"> {
  const { cluster, user, impersonatedGroups } = readKubeconfig(credentials.kubeconfig ?? "", credentials.context);
  sameServer(cluster.server, server, cluster.name);
  const cert = pem(user?.certData);
  const key = pem(user?.keyData);
  const tls = {
    ...trust({ caData: cluster.caData, insecureSkipTLSVerify: cluster.skipTLSVerify, ...credentials }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(cluster.tlsServerName ? { servername: cluster.tlsServerName } : {}),
  };
  return { headers: user ? userHeaders(user, impersonatedGroups) : {}, tls };
}

function trust(given: { caData?: string | undefined; insecureSkipTLSVerify?: boolean | undefined }) {
  const ca = pem(given.caData);
  return { rejectUnauthorized: !given.insecureSkipTLSVerify, ...(ca === undefined ? {} : { ca }) };
}

function sameServer(written: string, server: URL, name: string): void {
  const url = URL.canParse(written) ? new URL(written) : undefined;
  if (url?.origin === server.origin && pathOf(url) === pathOf(server)) return;
  throw refused(`The kubeconfig's cluster ${name} is another server than ${server.origin}`, {
    next: "Set spec.server to the kubeconfig's server, or choose the right context.",
  });
}

const pathOf = (url: URL): string => url.pathname.replace(/\/+$/, "");

function userHeaders(user: User, groups: readonly string[]): ConnectionSettings["headers"] {
  const headers: ConnectionSettings["headers"] = {};
  const of = `The kubeconfig's user ${user.name}: its`;
  if (user.token) headers["authorization"] = `Bearer ${headerValue(user.token, `${of} token`)}`;
  else if (user.username) {
    const pair = Buffer.from(`${user.username}:${user.password ?? ""}`).toString("base64");
    headers["authorization"] = `Basic ${pair}`;
  }
  if (user.impersonateUser) headers["impersonate-user"] = headerValue(user.impersonateUser, `${of} as`);
  if (groups.length > 0) headers["impersonate-group"] = groups.map((group) => headerValue(group, `${of} as-groups`));
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

const refused = (message: string, more: { next?: string } = {}): SluiceError =>
  new SluiceError("InvalidConfiguration", message, more);
