import { randomBytes } from "node:crypto";
import { join } from "node:path";
import pino from "pino";
import { createJq, type Jq } from "../../../adapters/jq/jq.ts";
import type { KubeClient } from "../../../adapters/kubernetes/client.ts";
import { connectCluster } from "../../../adapters/kubernetes/connection.ts";
import { loadKeyring } from "../../../adapters/secrets/keyring.ts";
import { maskObject, openObject, sealObject } from "../../../adapters/secrets/objects.ts";
import { createApplyActivity } from "../../../activities/apply.ts";
import { createAssessActivity } from "../../../activities/assess.ts";
import { createCompareActivity, type Compared } from "../../../activities/compare.ts";
import { createPlanActivity, type Planned } from "../../../activities/plan.ts";
import type { PlanIgnoredDeps } from "../../../activities/plan-ignored.ts";
import type { HookRequest } from "../../../activities/plan-hooks.ts";
import type { Applied, ApplyInput, Assessed } from "../../../activities/steps.ts";
import type { IgnoreRule } from "../../../domain/diff/ignore.ts";
import type { Digests } from "../../../domain/sync/canonical.ts";
import { decorate } from "../../../domain/sync/decorate.ts";
import type { RevisionMove } from "../../../domain/sync/prune.ts";
import type { Inventory, Plan, RawObject, Report } from "../../../schemas/artifact.ts";
import { ApplicationSpec } from "../../../schemas/kinds/application.ts";
import { ProjectSpec } from "../../../schemas/kinds/project.ts";
import type { OperationKind, OperationOptions } from "../../../schemas/operation.ts";
import { memoryBlobs, sha256 } from "../../activities/memory-blobs.ts";
import { testServers } from "../../fixtures/servers.ts";

const log = pino({ level: "silent" });
const REPO = "https://git.example/shop.git";

type Servers = Awaited<ReturnType<typeof startServers>>;
const startServers = () => testServers({ cluster: { controllers: false, kwok: false } });
type Path = { namespace?: string; name: string };
type Change = (object: RawObject) => void;

export interface Stage {
  servers: Servers;
  client: KubeClient;
  server: string;
  digests: Digests;
  jq: Jq;
  mask(object: RawObject): RawObject;
  seal(object: RawObject): RawObject;
  open(object: RawObject): RawObject;
  application(name: string, options?: ApplicationOptions): TestApplication;
  /** Writes as somebody else does: read, change, PUT under another field manager. */
  edit(apiVersion: string, kind: string, path: Path, change: Change): Promise<RawObject>;
  live(apiVersion: string, kind: string, path: Path): Promise<RawObject | undefined>;
  stop(): Promise<void>;
}

/** A real API server without controllers, and the activities on it. */
export async function syncStage(): Promise<Stage> {
  const servers = await startServers();
  const { server, token, caData } = servers.cluster;
  const client = await connectCluster({ server, credentials: { token, caData }, log });
  const keyring = await loadKeyring(join(servers.dataDir, "key"));
  const digests: Digests = { digest: sha256, digestSecret: (text) => keyring.digest(text) };
  const stage: Stage = {
    servers,
    client,
    server,
    digests,
    jq: createJq(),
    mask: (object) => maskObject(object, keyring),
    seal: (object) => sealObject(object, keyring),
    open: (object) => openObject(object, keyring),
    application: (name, options = {}) => new TestApplication(stage, name, options),
    edit: (apiVersion, kind, path, change) => edit(stage, { apiVersion, kind, ...path }, change),
    live: async (apiVersion, kind, path) =>
      await client.get(await served(client, apiVersion, kind), path.namespace ?? "", path.name),
    stop: async () => {
      client.close();
      await stage.jq.close();
      await servers.stop();
    },
  };
  await newNamespace(client, "default");
  return stage;
}

export async function served(client: KubeClient, apiVersion: string, kind: string) {
  const resource = await client.resolve(apiVersion, kind);
  if (!resource) throw new Error(`${apiVersion} ${kind} is not served`);
  return resource;
}

export async function newNamespace(client: KubeClient, name: string): Promise<string> {
  const object = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
  await client.apply(await served(client, "v1", "Namespace"), object, { force: false });
  return name;
}

async function edit(
  { servers, client }: Stage,
  target: Path & { apiVersion: string; kind: string },
  change: Change,
): Promise<RawObject> {
  const { apiVersion, kind, namespace, name } = target;
  const resource = await served(client, apiVersion, kind);
  const root = apiVersion.includes("/") ? "/apis" : "/api";
  const path = `${root}/${apiVersion}${namespace ? `/namespaces/${namespace}` : ""}/${resource.resource}/${name}`;
  const { body } = await servers.cluster.request<RawObject>(path);
  change(body);
  const answer = await servers.cluster.request<RawObject>(`${path}?fieldManager=kubectl-edit`, { method: "PUT", body });
  if (answer.status >= 300) throw new Error(`PUT ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

export interface ApplicationOptions {
  namespace?: string;
  syncOptions?: ApplicationSpec["syncPolicy"]["syncOptions"];
  ignoreDifferences?: ApplicationSpec["ignoreDifferences"];
  /** Rules that hold for every application. */
  systemRules?: readonly IgnoreRule[];
  /** Told of rules that can't be evaluated. */
  onProblem?(message: string): void;
  prune?: boolean;
  allowEmpty?: boolean;
  managedNamespaceMetadata?: ApplicationSpec["syncPolicy"]["managedNamespaceMetadata"];
  project?: Partial<ProjectSpec>;
}

/** What one operation asks for. */
export interface More {
  kind?: OperationKind;
  move?: RevisionMove;
  prune?: boolean;
  options?: OperationOptions;
  hooked?: Pick<HookRequest, "hooks" | "attempt" | "hookArtifact">;
}

/** Everything is allowed, but what a test takes away. */
const OPEN_PROJECT = {
  sourceRepos: ["*"],
  destinations: [{ name: "*", namespace: "*" }],
  clusterResourceWhitelist: [{ group: "*", kind: "*" }],
};

export interface Synced extends Applied {
  planned: Planned;
  planBlob: Plan;
  reportBlob: Report;
  inventoryBlob: Inventory;
}

/** One application over several syncs: it remembers its inventory as the ledger would. */
export class TestApplication {
  readonly blobs = memoryBlobs();
  readonly name: string;
  inventory: string | undefined;
  revision = randomBytes(20).toString("hex");
  readonly #stage: Stage;
  readonly #options: ApplicationOptions;
  #operations = 0;

  constructor(stage: Stage, name: string, options: ApplicationOptions) {
    this.#stage = stage;
    this.name = name;
    this.#options = options;
  }

  get spec(): ApplicationSpec {
    const {
      namespace = "default",
      syncOptions = [],
      prune = true,
      allowEmpty = false,
      ignoreDifferences,
      managedNamespaceMetadata,
    } = this.#options;
    return ApplicationSpec.parse({
      source: { repoURL: REPO },
      destination: { name: "test", namespace },
      syncPolicy: {
        automated: { prune, allowEmpty },
        syncOptions,
        ...(managedNamespaceMetadata && { managedNamespaceMetadata }),
      },
      ...(ignoreDifferences && { ignoreDifferences }),
    });
  }

  /** From now on, as a changed configuration would have it. */
  configure(options: ApplicationOptions): void {
    Object.assign(this.#options, options);
  }

  /** The same of the rules that ignore differences. */
  ignore(rules: ApplicationSpec["ignoreDifferences"]): void {
    this.#options.ignoreDifferences = rules;
  }

  get #ignored(): PlanIgnoredDeps {
    const { client, digests, open, mask, jq } = this.#stage;
    const { systemRules = [], onProblem = () => undefined } = this.#options;
    return { jq, digests, open, mask, onProblem, rules: () => systemRules, cluster: async () => client };
  }

  async render(objects: readonly RawObject[]): Promise<string> {
    const scopes = new Map<string, "namespaced" | "cluster">();
    for (const { apiVersion, kind } of objects) {
      const resource = await this.#stage.client.resolve(apiVersion, kind);
      if (resource) scopes.set(`${apiVersion}/${kind}`, resource.namespaced ? "namespaced" : "cluster");
    }
    const decorated = decorate(objects, {
      application: this.name,
      namespace: this.#options.namespace ?? "default",
      scopeOf: (apiVersion, kind) => scopes.get(`${apiVersion}/${kind}`),
    });
    return await this.blobs.putJson({
      version: 1,
      application: this.name,
      repoURL: REPO,
      revision: this.revision,
      sourceDigest: "",
      objects: decorated.map(this.#stage.seal),
    });
  }

  async plan(objects: readonly RawObject[] | undefined, more: More = {}): Promise<Planned> {
    const { client, digests, server } = this.#stage;
    const compute = createPlanActivity({
      blobs: this.blobs,
      cluster: async () => client,
      digests,
      ignored: this.#ignored,
    });
    return await compute({
      application: this.name,
      operation: `op-${++this.#operations}`,
      kind: more.kind ?? "sync",
      cluster: { name: "test", server },
      spec: this.spec,
      project: { name: "test", spec: ProjectSpec.parse({ ...OPEN_PROJECT, ...this.#options.project }) },
      move: more.move ?? "forward",
      ...(objects ? { artifact: await this.render(objects) } : {}),
      ...(this.inventory === undefined ? {} : { inventory: this.inventory }),
      ...(more.prune === undefined ? {} : { prune: more.prune }),
      ...(more.options === undefined ? {} : { options: more.options }),
      ...more.hooked,
    });
  }

  async apply(
    planned: Planned,
    signal = new AbortController().signal,
    more: Pick<ApplyInput, "confirmed" | "part" | "report" | "inventory" | "abandon"> = {},
  ): Promise<Synced> {
    const { client, digests, open } = this.#stage;
    const { blobs } = this;
    const activity = createApplyActivity({ blobs, cluster: async () => client, open, digests, ignored: this.#ignored });
    const planBlob = await this.blobs.getJson<Plan>(planned.plan);
    const input = { application: this.name, operation: planBlob.operation, kind: "sync", cluster: "test" } as const;
    const context = { signal, heartbeat: () => undefined, progress: undefined };
    const applied = await activity({ ...input, ...more, plan: planned.plan }, context);
    this.inventory = applied.inventory;
    return {
      ...applied,
      planned,
      planBlob,
      reportBlob: await this.blobs.getJson<Report>(applied.report),
      inventoryBlob: await this.blobs.getJson<Inventory>(applied.inventory),
    };
  }

  async sync(objects: readonly RawObject[] | undefined, more: More = {}): Promise<Synced> {
    return await this.apply(await this.plan(objects, more));
  }

  async steps(objects: readonly RawObject[] | undefined, more: More = {}): Promise<string[]> {
    const planned = await this.plan(objects, more);
    const { steps } = await this.blobs.getJson<Plan>(planned.plan);
    return steps.map(({ key, action, reason }) => `${key.kind}/${key.name} ${action} ${reason}`);
  }

  async assess({ report, inventory }: Pick<Applied, "report" | "inventory">): Promise<Assessed> {
    const activity = createAssessActivity({ blobs: this.blobs, cluster: async () => this.#stage.client });
    const input = { application: this.name, operation: "op", cluster: "test", report, inventory };
    return await activity(input, {
      signal: new AbortController().signal,
      heartbeat: () => undefined,
      progress: undefined,
    });
  }

  async compare(objects: readonly RawObject[]): Promise<Compared> {
    const { client, open, mask } = this.#stage;
    const { blobs } = this;
    const compare = createCompareActivity({ blobs, cluster: async () => client, open, mask, ignored: this.#ignored });
    return await compare({ plan: (await this.plan(objects)).plan });
  }
}

export const outcomesOf = ({ reportBlob }: Synced): string[] =>
  reportBlob.outcomes.map(({ key, result, reason }) => `${key.kind}/${key.name} ${result} ${reason}`);
