import { DiscardPolicy, RetentionPolicy, StorageType, StoreCompression, jetstreamManager } from "@nats-io/jetstream";
import type { JetStreamManager, StreamConfig } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { Objm } from "@nats-io/obj";
import { nanos } from "@nats-io/transport-node";
import type { NatsConnection } from "@nats-io/transport-node";
import * as ids from "../../schemas/ids.ts";
import { unavailable } from "./failure.ts";
import { refuseBadServer } from "./server-version.ts";

const DAY = 24 * 60 * 60 * 1_000;

type Config = Partial<StreamConfig> & { name: string };

/** The ledger: append-only at the level of the API, never aged out, full rather than forgetful. */
export const ledgerConfig = (replicas: number): Config => ({
  name: ids.LEDGER_STREAM,
  description: "Sluice: append-only ledger, one subject per aggregate",
  subjects: [ids.LEDGER_SUBJECTS],
  retention: RetentionPolicy.Limits,
  storage: StorageType.File,
  discard: DiscardPolicy.New,
  // Said out loud, because an update leaves alone what it does not name.
  max_age: 0,
  max_msgs: -1,
  max_bytes: -1,
  max_msgs_per_subject: -1,
  deny_delete: true,
  deny_purge: true,
  allow_direct: true,
  allow_atomic: true,
  allow_rollup_hdrs: false,
  duplicate_window: nanos(10 * 60 * 1_000),
  num_replicas: replicas,
});

const intakeConfig = (replicas: number): Config => ({
  name: ids.INTAKE_STREAM,
  description: "Sluice: accepted webhooks, commands and cluster changes",
  subjects: [ids.INTAKE_SUBJECTS],
  retention: RetentionPolicy.Limits,
  storage: StorageType.File,
  discard: DiscardPolicy.New,
  max_age: nanos(7 * DAY),
  duplicate_window: nanos(2 * 60 * 60 * 1_000),
  allow_direct: true,
  num_replicas: replicas,
});

const deadLetterConfig = (replicas: number): Config => ({
  name: ids.DEAD_LETTER_STREAM,
  description: "Sluice: messages that could not be handled, with the reason",
  subjects: [ids.DEAD_LETTER_SUBJECTS],
  retention: RetentionPolicy.Limits,
  storage: StorageType.File,
  discard: DiscardPolicy.Old,
  max_age: nanos(90 * DAY),
  max_bytes: 256 * 1024 * 1024,
  allow_direct: true,
  num_replicas: replicas,
});

/** Creates the streams and buckets that are missing and brings the settings of the others up to date. Safe to run at every start. Throws Unavailable. */
export async function ensureStreams(nc: NatsConnection, options: { replicas?: number } = {}): Promise<void> {
  refuseBadServer(nc);
  const replicas = options.replicas ?? 1;
  try {
    const jsm = await jetstreamManager(nc);
    for (const config of [ledgerConfig(replicas), intakeConfig(replicas), deadLetterConfig(replicas)]) {
      await ensureStream(jsm, config, options.replicas);
    }
    await ensureArtifacts(nc, jsm, replicas);
    const kvm = new Kvm(nc);
    await kvm.create(ids.CREDENTIAL_BUCKET, { history: 1, replicas, storage: StorageType.File });
    await kvm.create(ids.LEASE_BUCKET, { history: 1, replicas, storage: StorageType.File });
  } catch (cause) {
    throw unavailable("set up the streams", cause);
  }
}

async function ensureStream(jsm: JetStreamManager, config: Config, replicas: number | undefined): Promise<void> {
  const present = await jsm.streams.info(config.name).catch(absent);
  if (present === undefined) return void (await jsm.streams.add(config));
  // What an operator scaled by hand stays, unless a number was asked for.
  const wanted = { ...config, num_replicas: replicas ?? present.config.num_replicas };
  await jsm.streams.update(config.name, wanted);
}

/** Stream behind the object store bucket of artifacts: the layout is NATS's own, so that `nats object` reads it. */
export const ARTIFACT_STREAM = `OBJ_${ids.ARTIFACT_BUCKET}`;

async function ensureArtifacts(nc: NatsConnection, jsm: JetStreamManager, replicas: number): Promise<void> {
  await new Objm(nc).create(ids.ARTIFACT_BUCKET, { storage: StorageType.File, replicas, compression: true });
  const { config } = await jsm.streams.info(ARTIFACT_STREAM);
  if (config.allow_atomic === true && config.allow_direct && config.compression === StoreCompression.S2) return;
  await jsm.streams.update(ARTIFACT_STREAM, { ...config, allow_atomic: true, allow_direct: true });
}

/** Error code of nats-server (server/errors.json). */
const STREAM_NOT_FOUND = 10059;

function absent(thrown: unknown): undefined {
  if ((thrown as { code?: unknown }).code === STREAM_NOT_FOUND) return undefined;
  throw thrown;
}
