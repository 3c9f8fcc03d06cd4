import { addressOf } from "../../domain/routing/address.ts";
import { createRepositories } from "../../domain/routing/repositories.ts";
import type { RepositoryCredentials } from "../../schemas/kinds/repository.ts";
import type { Provider } from "../../schemas/providers.ts";
import type { RepositoryView } from "../../schemas/views.ts";
import type { Receiver } from "../gateway/receive.ts";
import type { Core } from "./core.ts";

/** What the configured repositories say of an address or a receiver. */
export interface RepositoryDirectory {
  /** Credentials of the Repository that covers an address; undefined reads without any. */
  credentialsFor(repoURL: string): Promise<RepositoryCredentials | undefined>;
  /** What the Repository that covers an address says of its provider's API. */
  providerFor(repoURL: string): { provider?: Provider; apiURL?: string };
  /** The webhook part of a Repository by its name. */
  receiver(name: string): Promise<Receiver | undefined>;
  stop(): void;
}

/** Follows the Repository objects in the views. */
export function createRepositoryDirectory({
  store,
  projector,
  credentials,
}: Pick<Core, "store" | "projector" | "credentials">): RepositoryDirectory {
  const index = createRepositories();
  const take = (name: string, view: RepositoryView | undefined): void => {
    if (view) index.set(name, view.spec);
    else index.delete(name);
  };
  const stop = projector.onChange((view, key) => {
    if (view === "repositories") take(key, store.get("repositories", key));
  });
  for (const { key, value } of store.list("repositories")) take(key, value);

  return {
    stop,
    async credentialsFor(repoURL) {
      const address = addressOf(repoURL);
      const name = address === undefined ? undefined : index.closest(address);
      return name === undefined ? undefined : credentials.get<RepositoryCredentials>("repository", name);
    },
    providerFor(repoURL) {
      const address = addressOf(repoURL);
      const name = address === undefined ? undefined : index.closest(address);
      const { apiURL, webhook } = (name === undefined ? undefined : store.get("repositories", name)?.spec) ?? {};
      return { ...(apiURL !== undefined && { apiURL }), ...(webhook && { provider: webhook.provider }) };
    },
    async receiver(name) {
      const view = store.get("repositories", name);
      if (!view?.spec.webhook) return undefined;
      const { url, match, webhook } = view.spec;
      const stored = await credentials.get<{ secret?: string }>("webhook", name);
      return {
        provider: webhook.provider,
        allowUnsigned: webhook.allowUnsigned,
        url,
        match,
        ...(webhook.username !== undefined && { username: webhook.username }),
        ...(stored?.secret !== undefined && { secret: stored.secret }),
      };
    },
  };
}
