import { parseRepoURL } from "./repo-url.ts";

/**
 * What two spellings of one repository have in common: `host/path` in lower case, whatever the transport. Only for finding out
 * who may be concerned: it takes repositories that differ in case, ssh port or transport for one, which costs a look and no more.
 * Undefined for what is no address.
 */
export function addressOf(url: string): string | undefined {
  const parts = parseRepoURL(withoutUser(url));
  if ("refused" in parts) return undefined;
  const port = parts.scheme === "ssh" || parts.port === undefined ? "" : `:${parts.port}`;
  return azure(parts.host, decoded(parts.path).toLowerCase()) ?? `${parts.host}${port}${slashed(parts.path)}`;
}

/** What the addresses of an organisation begin with: as `addressOf`, but a host alone will do. */
export function prefixOf(url: string): string | undefined {
  const found = addressOf(url) ?? addressOf(`${url.trim().replace(/\/+$/, "")}/any`)?.replace(/\/any$/, "");
  return found === undefined || found === "" ? undefined : found;
}

/** Azure DevOps writes `https://organisation@dev.azure.com/…`; who a web address names says nothing about where it is. */
const withoutUser = (url: string): string => url.replace(/^(\s*https?:\/\/)[^/@]*@/i, "$1");

/** The path with a slash in front; Bitbucket Server's `…/scm/<key>/<slug>` without what its ssh address has not. */
function slashed(path: string): string {
  const lower = decoded(path).toLowerCase();
  const own = lower.replace(/^(?:.*\/)?scm(?:\/|$)/, "");
  return own === "" ? "" : `/${own}`;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Azure DevOps's spellings: dev.azure.com, `<organisation>.visualstudio.com`, and ssh's `v3/…`, all as the first. */
function azure(host: string, path: string): string | undefined {
  const legacy = /^([a-z0-9-]+)\.visualstudio\.com$/.exec(host)?.[1];
  if (host === "ssh.dev.azure.com" || host === "vs-ssh.visualstudio.com") {
    const [, organisation, project, repository] = /^v3\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
    return repository === undefined ? undefined : `dev.azure.com/${organisation}/${project}/_git/${repository}`;
  }
  if (host !== "dev.azure.com" && legacy === undefined) return undefined;
  const full = legacy === undefined ? path : `${legacy}/${path.replace(/^defaultcollection\//, "")}`;
  // A repository with its project's name is written without the project.
  return `dev.azure.com/${full.replace(/^([^/]+)\/_git\/([^/]+)$/, "$1/$2/_git/$2")}`;
}
