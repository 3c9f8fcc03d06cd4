import type { Logger } from "pino";
import { SluiceError } from "../../schemas/errors.ts";
import type { ClusterCredentials } from "../../schemas/kinds/cluster.ts";
import type { ClusterView } from "../../schemas/views.ts";

/** A client that can be closed; the registry knows no more of it. */
interface Closable {
  close(): void;
}

/** What the registry needs: the clusters' view, their sealed credentials, and how to connect. */
export interface ClusterPorts<Client extends Closable> {
  view(name: string): ClusterView | undefined;
  all(): ClusterView[];
  credentials(name: string): Promise<ClusterCredentials | undefined>;
  connect(cluster: { server: string; credentials: ClusterCredentials; log: Logger }): Promise<Client>;
  log: Logger;
}

/** Clients of all clusters, one each, made at first use and made anew when its address or credentials change. */
export interface ClusterRegistry<Client extends Closable> {
  /** Throws NotFound for a cluster that is not configured, InvalidConfiguration for one without credentials. */
  client(name: string): Promise<Client>;
  /** Address of every configured cluster, by name. */
  addresses(): ReadonlyMap<string, { server: string }>;
  close(): void;
}

interface Held<Client> {
  version: string;
  client: Promise<Client>;
}

export function createClusters<Client extends Closable>(ports: ClusterPorts<Client>): ClusterRegistry<Client> {
  const held = new Map<string, Held<Client>>();

  const drop = (name: string, entry: Held<Client>): void => {
    if (held.get(name) === entry) held.delete(name);
    entry.client.then(
      (client) => client.close(),
      () => undefined,
    );
  };

  const connect = async (view: ClusterView): Promise<Client> => {
    const credentials = await ports.credentials(view.name);
    if (!credentials) {
      throw new SluiceError("InvalidConfiguration", `The cluster ${view.name} has no credentials`, {
        next: `Give them with: sluice cluster add ${view.name}`,
      });
    }
    return ports.connect({ server: view.spec.server, credentials, log: ports.log });
  };

  return {
    async client(name) {
      const view = ports.view(name);
      if (!view) throw notConfigured(`named ${name}`);
      const version = `${view.spec.server} ${view.spec.credentialsDigest ?? ""}`;
      const known = held.get(name);
      if (known?.version === version) return known.client;
      if (known) drop(name, known);
      const entry: Held<Client> = { version, client: connect(view) };
      held.set(name, entry);
      // A failed attempt is not kept: the next caller tries again.
      entry.client.catch(() => drop(name, entry));
      return entry.client;
    },
    addresses: () => new Map(ports.all().map(({ name, spec }) => [name, { server: spec.server }])),
    close() {
      for (const [name, entry] of held) drop(name, entry);
    },
  };
}

const notConfigured = (which: string): SluiceError =>
  new SluiceError("NotFound", `There is no cluster ${which}`, {
    next: "See those there are with `sluice cluster list`, add it with `sluice cluster add`.",
  });
