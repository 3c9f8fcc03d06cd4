import { createHmac } from "node:crypto";
import type { StandingOf } from "../../activities/abandoned.ts";
import { createApplyActivity, type ApplyDeps } from "../../activities/apply.ts";
import { createPlanActivity, type Planned, type PlanRequest } from "../../activities/plan.ts";
import type { Applied } from "../../activities/steps.ts";
import { decorate } from "../../domain/sync/decorate.ts";
import type { Inventory, Plan, RawObject, Report } from "../../schemas/artifact.ts";
import { ApplicationSpec } from "../../schemas/kinds/application.ts";
import { ProjectSpec } from "../../schemas/kinds/project.ts";
import { memoryBlobs, sha256 } from "./memory-blobs.ts";
import type { ModelCluster } from "./model-cluster.ts";

export const digests = {
  digest: sha256,
  digestSecret: (text: string) => createHmac("sha256", "test key").update(text).digest("hex"),
};

const everything = ProjectSpec.parse({
  sourceRepos: ["*"],
  destinations: [{ name: "*" }],
  clusterResourceWhitelist: [{ group: "*", kind: "*" }],
});

/** An application on a model cluster: renders, plans and applies through the real activities, and keeps its inventory. */
export class ModelApplication {
  readonly blobs = memoryBlobs();
  readonly heartbeats: unknown[] = [];
  readonly name: string;
  readonly cluster: ModelCluster;
  inventory: string | undefined;
  /** How other applications stand in the ledger. */
  standing: StandingOf = async () => "there";
  #operations = 0;

  constructor(cluster: ModelCluster, name = "shop") {
    this.cluster = cluster;
    this.name = name;
  }

  async render(objects: readonly RawObject[]): Promise<string> {
    const scopeOf = (_apiVersion: string, kind: string) =>
      kind === "Namespace" || kind === "CustomResourceDefinition" ? "cluster" : "namespaced";
    const decorated = decorate(objects, { application: this.name, namespace: "shop", scopeOf });
    const source = { repoURL: "https://git.example/shop.git", revision: "a".repeat(40), sourceDigest: "" };
    return await this.blobs.putJson({ version: 1, application: this.name, ...source, objects: decorated });
  }

  async plan(objects: readonly RawObject[] | undefined, more: Partial<PlanRequest> & { force?: boolean } = {}) {
    const { force = false, ...request } = more;
    const spec = ApplicationSpec.parse({
      source: { repoURL: "https://git.example/shop.git" },
      destination: { name: "test", namespace: "shop" },
      syncPolicy: { automated: { prune: true, allowEmpty: true }, syncOptions: force ? ["Force=true"] : [] },
    });
    const compute = createPlanActivity({
      blobs: this.blobs,
      cluster: async () => this.cluster,
      digests,
      standing: this.standing,
    });
    return await compute({
      application: this.name,
      operation: `op-${++this.#operations}`,
      kind: objects ? "sync" : "delete",
      cluster: { name: "test", server: "https://test.example" },
      spec,
      project: { name: "test", spec: everything },
      move: "forward",
      ...(objects ? { artifact: await this.render(objects) } : {}),
      ...(this.inventory === undefined ? {} : { inventory: this.inventory }),
      ...request,
    });
  }

  async planBlob({ plan }: Pick<Planned, "plan">): Promise<Plan> {
    return await this.blobs.getJson<Plan>(plan);
  }

  async steps(planned: Planned): Promise<string[]> {
    const { steps } = await this.planBlob(planned);
    return steps.map(({ key, action, reason }) => `${key.kind}/${key.name} ${action} ${reason}`);
  }

  async apply(planned: Planned, more: Partial<ApplyDeps> & { signal?: AbortSignal } = {}): Promise<Applied> {
    const { signal = new AbortController().signal, ...deps } = more;
    const activity = createApplyActivity({
      blobs: this.blobs,
      cluster: async () => this.cluster,
      open: (object) => object,
      digests,
      pausesMs: [0, 1, 2],
      ...deps,
    });
    const { operation } = await this.planBlob(planned);
    const input = { application: this.name, operation, kind: "sync", cluster: "test", plan: planned.plan } as const;
    const context = {
      signal,
      progress: undefined,
      heartbeat: (progress?: unknown) => void this.heartbeats.push(progress),
    };
    return await activity(input, context);
  }

  async sync(objects: readonly RawObject[] | undefined, more: Partial<PlanRequest> & { force?: boolean } = {}) {
    const applied = await this.apply(await this.plan(objects, more));
    this.inventory = applied.inventory;
    return applied;
  }

  async outcomes({ report }: Pick<Applied, "report">): Promise<string[]> {
    const { outcomes } = await this.blobs.getJson<Report>(report);
    return outcomes.map(({ key, result, reason }) => `${key.kind}/${key.name} ${result} ${reason}`);
  }

  async entries(): Promise<Inventory["entries"]> {
    return this.inventory === undefined ? [] : (await this.blobs.getJson<Inventory>(this.inventory)).entries;
  }
}
