import { Counter, type Registry } from "prom-client";
import { decorate, type ScopeOf } from "../domain/sync/decorate.ts";
import type { RevisionMove } from "../domain/sync/prune.ts";
import type { Artifact, RawObject } from "../schemas/artifact.ts";
import type { ApplicationSpec } from "../schemas/kinds/application.ts";
import type { Source } from "../schemas/kinds/source.ts";

/** A commit's tree, as far as it is held here: to be handed on and closed. */
interface Tree {
  revision: string;
  close(): void;
}

/** What producing asks of the cluster: the scope of kinds, and the version for charts that ask. */
export interface SourceCluster {
  resolve(apiVersion: string, kind: string): Promise<{ namespaced: boolean } | undefined>;
  version(): Promise<{ gitVersion: string }>;
}

export interface SourceDeps<SourceTree extends Tree> {
  mirrors: {
    resolve(repoURL: string, targetRevision: string, options: { readAfter: number }): Promise<{ revision: string }>;
    ensure(repoURL: string, revision: string): Promise<SourceTree>;
    move(repoURL: string, from: string, to: string): Promise<RevisionMove>;
  };
  renderer: {
    sourceDigest(input: {
      source: Source;
      tree: SourceTree;
      project: string;
    }): Promise<{ digest: string; tool: string }>;
    render(request: {
      source: Source;
      tree: SourceTree;
      /** By whose rules submodules are read. */
      project: string;
      application: string;
      namespace: string;
      kubeVersion?: string;
      signal?: AbortSignal;
    }): Promise<RawObject[]>;
  };
  clusterOf(cluster: string): Promise<SourceCluster>;
  /** The file and line that a rendered object stands in, where that is known. */
  originOf?(object: RawObject): { file: string; line: number } | undefined;
  /** Seals the values of a Secret; any other object as it is. */
  seal(object: RawObject): RawObject;
  blobs: { putJson(value: unknown): Promise<string>; has(digest: string): Promise<boolean> };
  metrics: Registry;
}

/** What is asked for: an application's source, resolved and rendered. */
export interface ProduceRequest {
  application: string;
  spec: ApplicationSpec;
  cluster: string;
  /** Another target revision than the source's own. */
  revision?: string;
  /** RFC 3339: what the source said before this is too old to be believed. */
  since: string;
  signal?: AbortSignal;
}

/** Files given by hand, to be rendered as the application's source would be. */
export interface RenderLocal<SourceTree extends Tree> extends Omit<ProduceRequest, "since" | "revision"> {
  tree: SourceTree;
}

/** A commit, rendered and stored. */
export interface Produced {
  revision: string;
  sourceDigest: string;
  /** Blob digest of the artifact. */
  artifact: string;
}

/** Artifacts remembered by what they were made of. */
const MOST_KEPT = 20_000;

interface Kept {
  artifact: string;
  /** Kinds whose scope the cluster did not know; when it knows one now, the objects have to be placed anew. */
  unknown: { apiVersion: string; kind: string }[];
}

/**
 * From an application to its artifact: resolve the target revision, digest what rendering it would read, and render, decorate, seal and
 * store it unless the same was done before. The artifact of an unchanged source names the first commit that rendered to it.
 */
export function createSourceActivity<SourceTree extends Tree>(deps: SourceDeps<SourceTree>) {
  const kept = new Map<string, Kept>();
  const lookups = new Counter({
    name: "sluice_artifact_cache_lookups_total",
    help: "Artifacts asked for: hit when the source was rendered before.",
    labelNames: ["result"] as const,
    registers: [deps.metrics],
  });

  async function produce(request: ProduceRequest): Promise<Produced> {
    const { source, project } = request.spec;
    const readAfter = Date.parse(request.since) - 1;
    const target = request.revision ?? source.targetRevision;
    const { revision } = await deps.mirrors.resolve(source.repoURL, target, { readAfter });
    const tree = await deps.mirrors.ensure(source.repoURL, revision);
    try {
      const { digest: sourceDigest, tool } = await deps.renderer.sourceDigest({ source, tree, project });
      return { revision, sourceDigest, artifact: await artifactOf(request, { tree, sourceDigest, tool }) };
    } finally {
      tree.close();
    }
  }

  /** The same of files that were given by hand: no commit, and nothing of a repository is read. */
  async function produceLocal(request: RenderLocal<SourceTree>): Promise<string> {
    const { tree } = request;
    const { source, project } = request.spec;
    const { digest: sourceDigest, tool } = await deps.renderer.sourceDigest({ source, tree, project });
    return await artifactOf(request, { tree, sourceDigest, tool });
  }

  async function artifactOf(
    request: Omit<ProduceRequest, "since" | "revision">,
    { tree, sourceDigest, tool }: { tree: SourceTree; sourceDigest: string; tool: string },
  ): Promise<string> {
    const cluster = await deps.clusterOf(request.cluster);
    const kubeVersion = tool === "helm" ? (await cluster.version()).gitVersion : undefined;
    const namespace = request.spec.destination.namespace ?? "default";
    const key = JSON.stringify([request.application, request.cluster, namespace, sourceDigest, kubeVersion]);
    const known = kept.get(key);
    const hit = known !== undefined && (await stillRight(known, cluster));
    lookups.inc({ result: hit ? "hit" : "miss" });
    if (hit) return known.artifact;
    const { spec, application, signal } = request;
    const rendered = await deps.renderer.render({
      source: spec.source,
      project: spec.project,
      tree,
      application,
      namespace,
      ...(kubeVersion === undefined ? {} : { kubeVersion }),
      ...(signal === undefined ? {} : { signal }),
    });
    const { scopeOf, unknown } = await scopesOf(rendered, cluster);
    const origin = deps.originOf && { originOf: deps.originOf };
    const artifact: Artifact = {
      version: 1,
      application,
      repoURL: spec.source.repoURL,
      revision: tree.revision,
      sourceDigest,
      objects: decorate(rendered, { application, namespace, scopeOf, ...origin }).map((object) => deps.seal(object)),
    };
    const digest = await deps.blobs.putJson(artifact);
    keep(key, { artifact: digest, unknown });
    return digest;
  }

  async function stillRight({ artifact, unknown }: Kept, cluster: SourceCluster): Promise<boolean> {
    for (const { apiVersion, kind } of unknown) {
      if ((await cluster.resolve(apiVersion, kind)) !== undefined) return false;
    }
    return deps.blobs.has(artifact);
  }

  function keep(key: string, entry: Kept): void {
    kept.delete(key);
    kept.set(key, entry);
    const oldest = kept.keys().next();
    if (kept.size > MOST_KEPT && !oldest.done) kept.delete(oldest.value);
  }

  return {
    produce,
    produceLocal,
    /** How one commit relates to another of the same repository. */
    move: (repoURL: string, from: string, to: string): Promise<RevisionMove> => deps.mirrors.move(repoURL, from, to),
  };
}

/** The scope of every kind among the objects, asked once each. */
async function scopesOf(
  objects: readonly RawObject[],
  cluster: SourceCluster,
): Promise<{ scopeOf: ScopeOf; unknown: Kept["unknown"] }> {
  const scopes = new Map<string, "namespaced" | "cluster" | undefined>();
  const unknown: Kept["unknown"] = [];
  for (const { apiVersion, kind } of objects) {
    const key = `${apiVersion} ${kind}`;
    if (scopes.has(key)) continue;
    const found = await cluster.resolve(apiVersion, kind);
    scopes.set(key, found && (found.namespaced ? "namespaced" : "cluster"));
    if (!found) unknown.push({ apiVersion, kind });
  }
  return { scopeOf: (apiVersion, kind) => scopes.get(`${apiVersion} ${kind}`), unknown };
}
