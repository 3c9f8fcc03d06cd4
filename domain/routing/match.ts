import { normaliseRepoURL } from "./repo-url.ts";
import { sha256 } from "./sha256.ts";

/** A Repository object as far as addresses go. */
export interface RepositoryAddress {
  name: string;
  url: string;
  match: "exact" | "prefix";
}

/** The normal form of an address, or undefined for what is none. */
export function addressOf(url: string): string | undefined {
  try {
    return normaliseRepoURL(url);
  } catch {
    return undefined;
  }
}

/** Whether an address in normal form is the Repository's, or begins with its address at a `/`. */
export function covers(repository: Pick<RepositoryAddress, "url" | "match">, address: string): boolean {
  const own = addressOf(repository.url);
  if (own === undefined) return false;
  return own === address || (repository.match === "prefix" && address.startsWith(`${own}/`));
}

/**
 * The address that a webhook for this Repository is about: the first of the payload's that the Repository covers, or
 * undefined. A payload that gives only `/scm/<key>/<slug>` (Bitbucket Server before 8) is read relative to the Repository.
 */
export function namedAddress(
  repository: Pick<RepositoryAddress, "url" | "match">,
  named: readonly string[],
): string | undefined {
  for (const url of named) {
    if (url.startsWith("/scm/")) {
      const found = relativeTo(repository, url);
      if (found !== undefined) return found;
      continue;
    }
    const address = addressOf(url);
    if (address !== undefined && covers(repository, address)) return repository.match === "exact" ? repository.url : url;
  }
  return undefined;
}

function relativeTo(repository: Pick<RepositoryAddress, "url" | "match">, path: string): string | undefined {
  const bare = path.slice("/scm".length);
  const own = addressOf(repository.url)?.toLowerCase();
  if (own === undefined) return undefined;
  if (repository.match === "exact") return own.endsWith(bare) ? repository.url : undefined;
  const project = bare.slice(0, bare.lastIndexOf("/"));
  if (own.endsWith(project)) return repository.url.replace(/\/+$/, "") + bare.slice(bare.lastIndexOf("/"));
  return own.endsWith("/scm") ? repository.url.replace(/\/+$/, "") + bare : undefined;
}

/**
 * The name under which the ledger keeps what happens at an address: the Repository that has it, else the one with the longest
 * prefix of it, else `adhoc-<hash of the address>`.
 */
export function repositoryName(address: string, repositories: Iterable<RepositoryAddress>): string {
  let best: { name: string; length: number } | undefined;
  for (const repository of repositories) {
    if (!covers(repository, address)) continue;
    const length = repository.match === "exact" ? Infinity : (addressOf(repository.url)?.length ?? 0);
    const better = best === undefined || length > best.length || (length === best.length && repository.name < best.name);
    if (better) best = { name: repository.name, length };
  }
  return best?.name ?? adhocName(address);
}

/** The name of an address that no Repository object covers. */
export const adhocName = (address: string): string => `adhoc-${sha256(address).slice(0, 24)}`;
