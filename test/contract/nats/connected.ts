import type { NatsConnection } from "@nats-io/transport-node";
import { expect } from "vitest";
import { connectNats } from "../../../adapters/nats/connection.ts";
import { ensureStreams } from "../../../adapters/nats/streams.ts";
import type { AppendMeta } from "../../../adapters/nats/ledger.ts";
import type { DomainEvent } from "../../../schemas/events/index.ts";
import type { AggregateRef } from "../../../schemas/ids.ts";
import { testServers } from "../../fixtures/servers.ts";

/** A real server with Sluice's streams, and a connection to it. */
export async function connected() {
  const servers = await testServers({ nats: true });
  const { servers: url, user, pass } = servers.nats.connection;
  const connect = (): Promise<NatsConnection> => connectNats({ url, user, pass, name: "test" });
  const nc = await connect();
  await ensureStreams(nc);
  return {
    nc,
    connect,
    nats: servers.nats,
    async close() {
      await nc.close();
      await servers.stop();
    },
  };
}

let names = 0;
/** An aggregate that no other test uses. */
export const someProject = (): AggregateRef => ({ type: "project", name: `p-${(names += 1)}` });

/** An event that is small and fits a project. */
export const anEvent = (description = "x"): DomainEvent => ({
  type: "ProjectCreated",
  data: {
    spec: {
      ...{ description, sourceRepos: [], destinations: [], clusterResourceWhitelist: [], clusterResourceBlacklist: [] },
      namespaceResourceBlacklist: [],
    },
    labels: {},
    annotations: {},
  },
});

export const aMeta = (messageId: string): AppendMeta => ({
  at: "2026-01-01T00:00:00Z",
  actor: { kind: "user", name: "ada" },
  cause: "test",
  messageId,
});

/** What will be true of a value in a while, on a machine that may be busy. */
export const eventually = <Value>(read: () => Value) => expect.poll(read, { timeout: 20_000, interval: 20 });

/** Everything an async iterable yields. */
export async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}
