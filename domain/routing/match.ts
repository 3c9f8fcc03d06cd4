import { addressOf, prefixOf } from "./address.ts";

/** A Repository object as far as addresses go. */
export interface RepositoryAddress {
  url: string;
  match: "exact" | "prefix";
}

/** Whether an address (`addressOf`) is the Repository's, or begins with its address at a `/`. */
export function covers(repository: RepositoryAddress, address: string): boolean {
  if (repository.match === "exact") return addressOf(repository.url) === address;
  const own = prefixOf(repository.url);
  return own !== undefined && (own === address || address.startsWith(`${own}/`));
}

/**
 * The address, as it is written, that a webhook for this Repository is about: the first of the payload's that the Repository
 * covers, or undefined. One that gives only `/scm/<key>/<slug>` (Bitbucket Server before 8) is on the Repository's host.
 */
export function namedAddress(repository: RepositoryAddress, named: readonly string[]): string | undefined {
  const host = prefixOf(repository.url)?.split("/")[0];
  for (const each of named) {
    const url = each.startsWith("/scm/") && host !== undefined ? `https://${host}${each}` : each;
    const address = addressOf(url);
    if (address !== undefined && covers(repository, address))
      return repository.match === "exact" ? repository.url : url;
  }
  return undefined;
}
