import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { claimPort } from "../ports.ts";
import { SupervisedProcess } from "../supervised-process.ts";

/** A running etcd that several clusters can share, each under its own prefix. */
export interface EmbeddedEtcd extends AsyncDisposable {
  url: string;
  process: SupervisedProcess;
  stop(options?: { graceMs?: number }): Promise<void>;
}

/** Starts etcd on 127.0.0.1. It does not wait for the disk: its clusters are simulations, whose truth is in Git. */
export async function startEtcd(options: { dataDir: string; binary: string }): Promise<EmbeddedEtcd> {
  const { dataDir } = options;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const url = `http://127.0.0.1:${await claimPort({ name: "etcd", dataDir })}`;
  const peerUrl = `http://127.0.0.1:${await claimPort({ name: "etcd-peer", dataDir })}`;
  const server = new SupervisedProcess({
    name: "etcd",
    program: options.binary,
    args: [
      "--name=sluice",
      `--data-dir=${join(dataDir, "data")}`,
      "--unsafe-no-fsync",
      "--log-level=warn",
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=sluice=${peerUrl}`,
    ],
    dataDir,
    ready: async (signal) => (await fetch(`${url}/health`, { signal })).ok,
  });
  await server.start();
  return {
    url,
    process: server,
    stop: (stopping) => server.stop(stopping),
    [Symbol.asyncDispose]: () => server.stop(),
  };
}
