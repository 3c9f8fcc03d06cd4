import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import { createAggregateStore, type AggregateStore } from "../../adapters/nats/aggregate-store.ts";
import { createBlobs, type Blobs } from "../../adapters/nats/blobs.ts";
import { connectNats } from "../../adapters/nats/connection.ts";
import { createCredentials, type Credentials } from "../../adapters/nats/credentials.ts";
import { createIntake, type Intake } from "../../adapters/nats/intake.ts";
import { checkKeyring } from "../../adapters/nats/keyring-mark.ts";
import { acquireLease } from "../../adapters/nats/leases.ts";
import { createLedger, type Ledger } from "../../adapters/nats/ledger.ts";
import { ensureStreams } from "../../adapters/nats/streams.ts";
import { loadKeyring, type Keyring } from "../../adapters/secrets/keyring.ts";
import { createViewStore, type ViewStore } from "../../adapters/views/store.ts";
import { secretFile } from "../../adapters/embedded/secret-file.ts";
import type { ServerConfiguration } from "../../schemas/server-configuration.ts";
import { initialiseLedger } from "../api/initialise.ts";
import { measuredLedger } from "./measured-ledger.ts";
import { startProjector, type Projector } from "../projector/projector.ts";
import { scratchBeside } from "../projector/scratch.ts";
import { rebuild, type RebuildResult } from "../projector/rebuild.ts";
import type { Infrastructure } from "./infrastructure.ts";

type NatsConnection = Awaited<ReturnType<typeof connectNats>>;

/** What every role stands on: the ledger and what is folded from it, the intake, blobs, sealed credentials, leases. */
export interface Core {
  nats: NatsConnection;
  ledger: Ledger;
  aggregates: AggregateStore;
  blobs: Blobs;
  intake: Intake;
  credentials: Credentials;
  keyring: Keyring;
  store: ViewStore;
  projector: Projector;
  /** Waits until the name is free and takes it, under this data directory's own name. */
  acquireLease(name: string, options: { signal: AbortSignal; onLost(): void }): Promise<{ release(): Promise<void> }>;
  rebuildViews(): Promise<RebuildResult>;
  close(): Promise<void>;
}

/** How long an owner that died keeps a name from others. Its own next start takes the name back at once. */
const LEASE_TTL_MS = 10_000;

/** Connects to NATS, makes its streams, and folds the views. */
export async function startCore(deps: {
  configuration: ServerConfiguration;
  infrastructure: Pick<Infrastructure, "nats">;
  version: string;
  log: Logger;
  metrics: Registry;
}): Promise<Core> {
  const { configuration, log, metrics, version } = deps;
  const { dataDir } = configuration;
  const keyring = await loadKeyring(configuration.keyFile ?? join(dataDir, "keys", "master.key"));
  const holder = await secretFile(join(dataDir, "keys", "holder"));
  const { monitoringUrl: _url, failing: _failing, ...connection } = deps.infrastructure.nats;
  const nats = await connectNats({ ...connection, name: "sluice" });
  await ensureStreams(nats, { replicas: configuration.nats.replicas });
  await checkKeyring(nats, keyring);
  const ledger = measuredLedger(createLedger(nats), metrics);
  const aggregates = createAggregateStore(ledger);
  await initialiseLedger({ aggregates, ledger }, { version, now: new Date() });

  const views = join(dataDir, "views");
  await mkdir(views, { recursive: true, mode: 0o700 });
  const store = createViewStore({ path: join(views, "views.db") });
  const projector = await startProjector({ ledger, store, log, metrics });
  return {
    ...{ nats, ledger, aggregates, keyring, store, projector },
    blobs: createBlobs(nats),
    intake: createIntake(nats),
    credentials: createCredentials(nats, keyring),
    acquireLease: (name, options) => acquireLease(nats, name, { ...options, holder, ttlMs: LEASE_TTL_MS }),
    rebuildViews: () => rebuild({ ledger, store, projector, scratch: () => scratchBeside(store) }),
    async close() {
      await projector.stop();
      store.close();
      await nats.drain();
    },
  };
}
