import { afterAll, beforeAll, expect, it } from "vitest";
import { createAggregateStore } from "../../../adapters/nats/aggregate-store.ts";
import { connectNats } from "../../../adapters/nats/connection.ts";
import { createLedger, type Ledger } from "../../../adapters/nats/ledger.ts";
import { ensureStreams } from "../../../adapters/nats/streams.ts";
import type { Discovery } from "../../../activities/release/discover.ts";
import { releaseSourceDecider } from "../../../domain/release/decider.ts";
import { ReleaseSourceSpec } from "../../../schemas/kinds/release-source.ts";
import { createLook } from "../../../services/dispatcher/look.ts";
import { testServers, type TestServers } from "../../fixtures/servers.ts";

/** Looks of several processes at one source, over the real ledger. */

const BY = { kind: "system", name: "poller" } as const;
const spec = ReleaseSourceSpec.parse({ subscriptions: [{ name: "web", image: { repoURL: "ghcr.io/acme/web" } }] });
const found = (tag: string): Discovery => ({
  found: {
    content: {
      commits: [],
      images: [{ subscription: "web", repository: "ghcr.io/acme/web", tag, digest: `sha256:${"d".repeat(64)}` }],
      charts: [],
    },
    ...{ commits: [], more: 0, authors: [] },
  },
  ...{ looked: ["web"], failures: {} },
});
const unread: Discovery = { looked: ["web"], failures: { web: { code: "SourceUnavailable", message: "no answer" } } };

let servers: TestServers<{ nats: true }>;
let nats: Awaited<ReturnType<typeof connectNats>>;
let ledger: Ledger;

beforeAll(async () => {
  servers = await testServers({ nats: true });
  nats = await connectNats({ ...servers.nats.connection, url: servers.nats.url, name: "test" });
  await ensureStreams(nats);
  ledger = createLedger(nats);
});
afterAll(async () => {
  await nats?.drain();
  await servers?.stop();
});

/** A process of its own: nothing is shared but the ledger. */
const process = (answer: Discovery) =>
  createLook({
    aggregates: createAggregateStore(ledger),
    ledger,
    views: { get: () => undefined, reached: async () => undefined },
    discover: async () => answer,
    now: Date.now,
  });

async function typesOf(name: string): Promise<string[]> {
  const types: string[] = [];
  for await (const { event } of ledger.read({ type: "releasesource", name })) types.push(event.type);
  return types;
}

it("what many find at once is one release, and a failure is said once", async () => {
  const meta = { at: new Date().toISOString(), actor: BY, cause: "test", messageId: "configure/shop" };
  const configure = { type: "Configure", spec, labels: {}, annotations: {} } as const;
  await createAggregateStore(ledger).execute(releaseSourceDecider, "shop", configure, meta);
  const reason = (index: number) => ({ origin: "webhook", by: BY, cause: `delivery-${index}` }) as const;
  const all = async (answer: Discovery) =>
    await Promise.all(Array.from({ length: 8 }, (_, index) => process(answer)("shop", reason(index))));

  const looks = await all(found("1.0.0"));
  expect(new Set(looks.map(({ release }) => release?.alias)).size).toBe(1);
  expect(looks.filter(({ release }) => release?.created)).toHaveLength(1);
  await all(unread);
  await all(found("1.1.0"));
  expect(await typesOf("shop")).toEqual([
    "ReleaseSourceCreated",
    "ReleaseCreated",
    "DiscoveryFailed",
    "DiscoveryRecovered",
    "ReleaseCreated",
  ]);
  await expect(process(found("1.0.0"))("nothing", reason(0))).rejects.toMatchObject({ code: "NotFound" });
});
