import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type NatsStorage, watchStorage } from "./nats-storage.ts";
import { claimPort } from "./ports.ts";
import { secretFile } from "./secret-file.ts";
import { SupervisedProcess } from "./supervised-process.ts";

/** How the embedded NATS server is started. */
export interface NatsOptions {
  /** Holds the streams, the configuration and the password. */
  dataDir: string;
  /** Absolute path of nats-server. */
  binary: string;
  /** Default: the port of the last start, or a free one. */
  port?: number | undefined;
  logFile?: string | undefined;
  /** Time between looks at its store; see `watchStorage`. */
  storageEveryMs?: number | undefined;
}

/** A running NATS server with JetStream. */
export interface EmbeddedNats extends AsyncDisposable {
  /** `nats://127.0.0.1:port`, without credentials. */
  url: string;
  /** What the client's `connect` is given, a new object each time because it changes what it is given. */
  readonly connection: { servers: string; user: string; pass: string };
  /** The monitoring endpoint, `http://127.0.0.1:port`. */
  monitoringUrl: string;
  process: SupervisedProcess;
  storage: Pick<NatsStorage, "failing">;
  stop(options?: { graceMs?: number }): Promise<void>;
}

/** The largest message, in bytes; large enough for one append of many events, and above NATS's default of 1 MB. */
const MAX_PAYLOAD_BYTES = 8 * 1024 * 1024;
const USER = "sluice";

/**
 * Starts NATS with JetStream on 127.0.0.1, every write on disk before its acknowledgement (`sync_interval: always`).
 * Throws a SluiceError `PortInUse`, or `Unavailable` when it does not come up.
 */
export async function startNats(options: NatsOptions): Promise<EmbeddedNats> {
  const { dataDir } = options;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const port = await claimPort({ name: "nats-server", dataDir, port: options.port });
  const monitoringPort = await claimPort({ name: "nats-monitoring", dataDir });
  const password = await secretFile(join(dataDir, "nats-password"));
  const configuration = join(dataDir, "nats-server.conf");
  await writeFile(configuration, configurationText({ dataDir, port, monitoringPort, password }), { mode: 0o600 });

  const url = `nats://127.0.0.1:${port}`;
  const monitoringUrl = `http://127.0.0.1:${monitoringPort}`;
  const server = new SupervisedProcess({
    name: "nats-server",
    program: options.binary,
    args: ["--config", configuration],
    dataDir,
    logFile: options.logFile,
    ready: async (signal) => (await fetch(`${monitoringUrl}/healthz`, { signal })).ok,
  });
  await server.start();
  const storage = watchStorage({ monitoringUrl, dataDir, process: server, everyMs: options.storageEveryMs });
  const stop = async (stopping?: { graceMs?: number }): Promise<void> => {
    await storage.stop();
    await server.stop(stopping);
  };
  return {
    url,
    get connection() {
      return { servers: url, user: USER, pass: password };
    },
    monitoringUrl,
    process: server,
    storage,
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
}

function configurationText(of: { dataDir: string; port: number; monitoringPort: number; password: string }): string {
  const store = JSON.stringify(join(of.dataDir, "jetstream"));
  return `# Written by Sluice at each start.
server_name: sluice
host: "127.0.0.1"
port: ${of.port}
http: "127.0.0.1:${of.monitoringPort}"
max_payload: ${MAX_PAYLOAD_BYTES}
jetstream {
  store_dir: ${store}
  sync_interval: always
}
authorization {
  user: ${USER}
  password: "${of.password}"
}
`;
}
