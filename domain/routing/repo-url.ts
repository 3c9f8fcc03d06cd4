import { SluiceError } from "../../schemas/errors.ts";

/** A repository's address, taken apart. `path` has no slash in front, none behind and no `.git`. */
export interface RepoAddress {
  scheme: "https" | "http" | "ssh";
  user?: string;
  /** Lower case; an IPv6 address stands in brackets. */
  host: string;
  /** Only when it is not the scheme's own. */
  port?: number;
  path: string;
  /** The address as git takes it: as written, without surrounding space. */
  given: string;
}

const DEFAULT_PORT = { https: 443, http: 80, ssh: 22 } as const;
const MAX_LENGTH = 2_048;
const HOST = /^(?:[a-z0-9](?:[-a-z0-9_]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9_]*[a-z0-9])?)*\.?|\[[0-9a-f:.]+\])$/;
const USER = /^[A-Za-z0-9_][-A-Za-z0-9_.+]*$/;
const PATH = /^[\p{L}\p{N}_.~+@%!$&'(),;=:/ -]+$/u;
const FULL = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)(\/[^?#]*)?$/;
const SCP = /^(?:([^@/:]+)@)?([^@/:[\]]+):(?!\/\/)([^:].*)$/;

/** The parts of a repository's address, or one sentence on why it is refused. Only https, http, ssh and `user@host:path` are known. */
export function parseRepoURL(url: string): RepoAddress | { refused: string } {
  const given = url.trim();
  if (given === "") return { refused: "the address is empty" };
  if (given.length > MAX_LENGTH) return { refused: `the address is longer than ${MAX_LENGTH} characters` };
  if (/[\u0000-\u001f\u007f\\]/.test(given)) return { refused: "the address has control characters or a backslash" };
  if (given.startsWith("-")) return { refused: "the address begins with `-`, as an option does" };
  if (/^[A-Za-z0-9+.-]+::/.test(given)) return { refused: "the address names a git transport helper" };
  const full = FULL.exec(given);
  if (full) return parseFull(given, full[1]!.toLowerCase(), full[2]!, full[3] ?? "");
  if (given.includes("://")) return { refused: "the address has a query, a fragment or no host" };
  const scp = SCP.exec(given);
  if (!scp) return { refused: "the address is neither https://host/path, ssh://host/path nor user@host:path" };
  return address({ scheme: "ssh", user: scp[1], host: scp[2]!, port: undefined, path: scp[3]!, given });
}

function parseFull(given: string, scheme: string, authority: string, path: string): RepoAddress | { refused: string } {
  if (scheme !== "https" && scheme !== "http" && scheme !== "ssh") {
    return { refused: `the scheme ${scheme} is not allowed, only https and ssh are` };
  }
  const match = /^(?:([^@]*)@)?(\[[^\]]*\]|[^:[\]]*)(?::(\d{1,5}))?$/.exec(authority);
  if (!match) return { refused: "the address's host is not valid" };
  const [, user, host, port] = match;
  if (user?.includes(":")) return { refused: "the address carries a password; credentials belong to a Repository" };
  if (user !== undefined && scheme !== "ssh") {
    return { refused: "the address carries a user or token; credentials belong to a Repository" };
  }
  return address({ scheme, user, host: host!, port: port === undefined ? undefined : Number(port), path, given });
}

function address(parts: {
  scheme: RepoAddress["scheme"];
  user: string | undefined;
  host: string;
  port: number | undefined;
  path: string;
  given: string;
}): RepoAddress | { refused: string } {
  const host = parts.host.toLowerCase().replace(/\.$/, "");
  if (!HOST.test(host)) return { refused: "the address's host is not valid" };
  if (parts.user !== undefined && !USER.test(parts.user)) return { refused: "the address's user is not valid" };
  if (parts.port !== undefined && (parts.port < 1 || parts.port > 65_535)) {
    return { refused: "the address's port is not between 1 and 65535" };
  }
  const path = parts.path
    .replace(/^\/+/, "")
    .replace(/\/+$/, "")
    .replace(/\.git$/, "")
    .replace(/\/{2,}/g, "/");
  const refused = refusedPath(path);
  if (refused) return { refused };
  const port = parts.port === DEFAULT_PORT[parts.scheme] ? undefined : parts.port;
  return {
    scheme: parts.scheme,
    host,
    path,
    given: parts.given,
    ...(parts.user === undefined ? {} : { user: parts.user }),
    ...(port === undefined ? {} : { port }),
  };
}

function refusedPath(path: string): string | undefined {
  if (path === "") return "the address names no repository, only a host";
  if (path.startsWith("-")) return "the address's path begins with `-`, as an option does";
  if (!PATH.test(path)) return "the address's path has characters that no repository's has";
  // Servers decode before they resolve: `.%2e` is `..`, and would leave the place that a Project or a credential is for.
  if (/%(?:2f|5c|[01][0-9a-f]|7f)/i.test(path)) return "the address's path has an encoded slash or control character";
  const segments = path.split("/").map((segment) => segment.replace(/%2e/gi, "."));
  if (segments.some((segment) => segment === ".." || segment === ".")) {
    return "the address's path has `.` or `..` in it";
  }
  return undefined;
}

const authority = (parts: RepoAddress): string =>
  `${parts.user === undefined ? "" : `${parts.user}@`}${parts.host}${parts.port === undefined ? "" : `:${parts.port}`}`;

/** The address in normal form, with its scheme: the same repository over the same transport is the same string. */
export const repoURLOf = (parts: RepoAddress): string => `${parts.scheme}://${authority(parts)}/${parts.path}`;

/** An address in normal form (`https://host/path`, `ssh://user@host/path`; no `.git`, no default port). Throws `SourceRefused`. */
export function normaliseRepoURL(url: string): string {
  const parts = parseRepoURL(url);
  if ("refused" in parts) throw refusedAddress(parts.refused);
  return repoURLOf(parts);
}

/** The error for an address that `parseRepoURL` refuses. It never repeats the address, which may carry a password. */
export const refusedAddress = (reason: string): SluiceError =>
  new SluiceError("SourceRefused", `The repository's address is refused: ${reason}.`, {
    next: "write it as https://host/path or ssh://git@host/path, and keep credentials in a Repository",
  });

/** Whether an address's host is this machine's own loopback. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || /^127(?:\.\d{1,3}){3}$/.test(host) || host === "[::1]";
}
