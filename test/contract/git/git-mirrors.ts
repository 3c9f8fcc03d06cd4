import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { Registry } from "prom-client";
import { afterAll, beforeAll } from "vitest";
import { startGitServer, type EmbeddedGitServer, type GitFixture } from "../../../adapters/embedded/index.ts";
import { createMirrors, type Mirrors, type MirrorsOptions } from "../../../adapters/git/mirrors.ts";

export const CANARY = "canary-7f3a91";

interface Opened {
  mirrors: Mirrors;
  dir: string;
  metrics: Registry;
}

/** A git server that asks for a password, and mirrors that have it; all closed after the file's last test. */
export function gitMirrors() {
  let root: string;
  let server: EmbeddedGitServer;
  let made = 0;
  const open: Mirrors[] = [];

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "sluice-mirrors-"));
    server = await startGitServer({ root: join(root, "served"), auth: { username: "sluice", password: CANARY } });
  });
  afterAll(async () => {
    await Promise.all(open.map((mirrors) => mirrors.close()));
    await server.stop();
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  });

  return {
    repositoryOf: (): Promise<{ url: string; repository: GitFixture }> =>
      server.createRepository(`repo-${(made += 1)}`),
    async openMirrors(options: Partial<MirrorsOptions> = {}): Promise<Opened> {
      const dir = options.dir ?? (await mkdtemp(join(root, "mirrors-")));
      const metrics = new Registry();
      const mirrors = createMirrors({
        log: pino({ level: "silent" }),
        metrics,
        credentialsFor: async () => ({ username: "sluice", password: CANARY }),
        ...options,
        dir,
      });
      open.push(mirrors);
      return { mirrors, dir, metrics };
    },
  };
}

/** How often git was run, by request. */
export async function requests(metrics: Registry): Promise<Record<string, number>> {
  const metric = await metrics.getSingleMetric("sluice_git_requests_total")!.get();
  const counts: Record<string, number> = {};
  for (const { labels, value } of metric.values)
    counts[String(labels["request"])] = (counts[String(labels["request"])] ?? 0) + value;
  return counts;
}
