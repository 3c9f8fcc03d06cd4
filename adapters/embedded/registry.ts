import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { claimPort } from "./ports.ts";
import { SupervisedProcess } from "./supervised-process.ts";

/** How the registry of the distribution project is started. */
export interface RegistryOptions {
  /** Holds the images and the configuration. */
  dataDir: string;
  /** Absolute path of registry. */
  binary: string;
  /** Basic authentication by htpasswd lines (bcrypt), or bearer tokens of a token server that signs with these keys (ES256). */
  auth?:
    | { type: "htpasswd"; htpasswd: string }
    | { type: "token"; realm: string; service: string; issuer: string; keys: readonly object[] };
  /** Where it tells of pushes, with these headers. */
  notify?: { url: string; headers: Record<string, string> };
}

/** A running registry that speaks the OCI distribution protocol over plain http. */
export interface EmbeddedRegistry extends AsyncDisposable {
  /** `127.0.0.1:port`, as images are named by. */
  host: string;
  url: string;
  process: SupervisedProcess;
  stop(options?: { graceMs?: number }): Promise<void>;
}

/** Starts a registry on 127.0.0.1. Manifests can be deleted. Throws `Unavailable` when it does not come up. */
export async function startRegistry(options: RegistryOptions): Promise<EmbeddedRegistry> {
  const { dataDir } = options;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const host = `127.0.0.1:${await claimPort({ name: "registry", dataDir })}`;
  const file = join(dataDir, "registry.json");
  // YAML, of which JSON is a part.
  await writeFile(file, JSON.stringify(await configurationOf(options, host)), { mode: 0o600 });
  const server = new SupervisedProcess({
    name: "registry",
    program: options.binary,
    args: ["serve", file],
    dataDir,
    environment: { OTEL_TRACES_EXPORTER: "none" },
    // 401 is an answer too.
    ready: async (signal) => (await fetch(`http://${host}/v2/`, { signal })).status < 500,
  });
  await server.start();
  return {
    host,
    url: `http://${host}`,
    process: server,
    stop: (stopping) => server.stop(stopping),
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

async function configurationOf({ dataDir, auth, notify }: RegistryOptions, host: string): Promise<object> {
  return {
    version: 0.1,
    log: { level: "warn" },
    storage: { filesystem: { rootdirectory: join(dataDir, "images") }, delete: { enabled: true } },
    http: { addr: host, secret: "only for uploads that span several registries" },
    ...(auth && { auth: await authOf(auth, dataDir) }),
    ...(notify && {
      notifications: {
        endpoints: [
          {
            name: "sluice",
            url: notify.url,
            headers: Object.fromEntries(Object.entries(notify.headers).map(([name, value]) => [name, [value]])),
            timeout: "5s",
            threshold: 3,
            backoff: "1s",
          },
        ],
      },
    }),
  };
}

async function authOf(auth: NonNullable<RegistryOptions["auth"]>, dataDir: string): Promise<object> {
  if (auth.type === "htpasswd") {
    const path = join(dataDir, "htpasswd");
    await writeFile(path, auth.htpasswd, { mode: 0o600 });
    return { htpasswd: { realm: "registry", path } };
  }
  const jwks = join(dataDir, "token-keys.json");
  await writeFile(jwks, JSON.stringify({ keys: auth.keys }), { mode: 0o600 });
  const { realm, service, issuer } = auth;
  return { token: { realm, service, issuer, jwks, signingalgorithms: ["ES256"] } };
}
