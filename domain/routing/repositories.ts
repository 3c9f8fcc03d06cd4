import { addressOf, prefixOf } from "./address.ts";
import type { RepositoryAddress } from "./match.ts";
import { sha256 } from "./sha256.ts";

/** Repository objects by what they cover; a look-up costs as many steps as an address has segments. */
export interface Repositories {
  set(name: string, repository: RepositoryAddress): void;
  delete(name: string): void;
  /** Name of the Repository that has an address, else of the one with the longest prefix of it; of equals the first by name. */
  closest(address: string): string | undefined;
}

/** An empty index; it is folded from the repositories' configuration. */
export function createRepositories(): Repositories {
  const keys = new Map<string, string>();
  const names = new Map<string, Set<string>>();

  const forget = (name: string): void => {
    const key = keys.get(name);
    if (key === undefined) return;
    keys.delete(name);
    const held = names.get(key);
    held?.delete(name);
    if (held?.size === 0) names.delete(key);
  };

  return {
    set(name, { url, match }) {
      forget(name);
      const address = match === "exact" ? addressOf(url) : prefixOf(url);
      if (address === undefined) return;
      const key = `${match} ${address}`;
      keys.set(name, key);
      const held = names.get(key) ?? new Set<string>();
      names.set(key, held.add(name));
    },
    delete: forget,
    closest(address) {
      const exact = first(names.get(`exact ${address}`));
      if (exact !== undefined) return exact;
      for (let prefix = address; prefix !== ""; prefix = prefix.slice(0, Math.max(0, prefix.lastIndexOf("/")))) {
        const found = first(names.get(`prefix ${prefix}`));
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

const first = (held: Set<string> | undefined): string | undefined => (held ? [...held].toSorted()[0] : undefined);

/**
 * The name under which the ledger keeps what happens at an address: that of the closest Repository, or `adhoc-<hash>` when no
 * Repository object covers it.
 */
export const repositoryName = (address: string, repositories: Pick<Repositories, "closest">): string =>
  repositories.closest(address) ?? adhocName(address);

/** The name of an address that no Repository object covers. */
export const adhocName = (address: string): string => `adhoc-${sha256(address).slice(0, 24)}`;
