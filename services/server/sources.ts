import { join } from "node:path";
import type { Logger } from "pino";
import { Registry } from "prom-client";
import { createSourceActivity } from "../../activities/source.ts";
import { createMirrors, type GitTree, type Mirrors } from "../../adapters/git/mirrors.ts";
import type { KubeClient } from "../../adapters/kubernetes/client.ts";
import { createProcessHost } from "../../adapters/processes/process-host.ts";
import { originOf } from "../../adapters/renderers/origins.ts";
import { createRenderer } from "../../adapters/renderers/render.ts";
import { sealObject } from "../../adapters/secrets/objects.ts";
import { TOOL_PINS } from "../../adapters/toolchain/index.ts";
import type { RawObject } from "../../schemas/artifact.ts";
import type { ProjectSpec } from "../../schemas/kinds/project.ts";
import type { ServerConfiguration } from "../../schemas/server-configuration.ts";
import type { ClusterRegistry } from "./clusters.ts";
import type { Core } from "./core.ts";
import type { Infrastructure } from "./infrastructure.ts";
import type { RepositoryDirectory } from "./repositories.ts";
import { readingSubmodules, type SourceReading } from "./submodules.ts";
import type { SourcePort } from "./steps.ts";

/** Repositories as they are read, digested and rendered. */
export interface Sources {
  mirrors: Mirrors;
  digest: SourceReading["digestNow"];
  port: SourcePort;
  /** The same for commits that nobody pushed: nothing that is made of them is taken for anything else. */
  previews: SourcePort;
  close(): Promise<void>;
}

const MiB = 1024 * 1024;

/** Mirrors and renderers of this process, under its data directory. */
export function createSources(of: {
  configuration: ServerConfiguration;
  core: Pick<Core, "blobs" | "keyring" | "store" | "projector" | "ledger">;
  clusters: ClusterRegistry<KubeClient>;
  repositories: RepositoryDirectory;
  infrastructure: Pick<Infrastructure, "tools">;
  log: Logger;
  metrics: Registry;
}): Sources {
  const { configuration, core, clusters, repositories, infrastructure, log, metrics } = of;
  const { git, render, dataDir } = configuration;
  const processes = createProcessHost();
  const mirrors = createMirrors({
    execute: processes.executeGit,
    dir: join(dataDir, "mirrors"),
    log: log.child({ service: "mirrors" }),
    metrics,
    credentialsFor: repositories.credentialsFor,
    allowPlainHttp: git.allowPlainHttp,
    timeoutMs: git.timeoutSeconds * 1_000,
  });
  const renderer = createRenderer({
    execute: processes.execute,
    tools: infrastructure.tools,
    versions: { helm: TOOL_PINS.helm.version, kustomize: TOOL_PINS.kustomize.version },
    limits: {
      timeoutMs: render.timeoutSeconds * 1_000,
      memoryBytes: render.memoryMiB * MiB,
      outputBytes: render.outputMiB * MiB,
      concurrency: render.concurrency,
    },
    metrics,
  });
  const projectOf = async (name: string): Promise<ProjectSpec | undefined> => {
    const known = core.store.get("projects", name);
    // What is not in the views may only be not in them yet.
    if (known === undefined) await core.projector.reached(await core.ledger.last());
    return (known ?? core.store.get("projects", name))?.spec;
  };
  const reading = readingSubmodules({ renderer, mirrors, projectOf });
  const making = {
    mirrors,
    renderer: reading,
    originOf,
    clusterOf: (name: string) => clusters.client(name),
    seal: (object: RawObject) => sealObject(object, core.keyring),
    blobs: core.blobs,
  };
  const port = createSourceActivity<GitTree>({ ...making, metrics });
  const previews = createSourceActivity<GitTree>({ ...making, metrics: new Registry() });
  const close = async (): Promise<void> => {
    await Promise.all([mirrors.close(), renderer.close()]);
    processes.close();
  };
  return { mirrors, digest: reading.digestNow, port, previews, close };
}
