import { createHash } from "node:crypto";
import { Registry } from "prom-client";
import { beforeEach, describe, expect, it } from "vitest";
import { createSourceActivity, type ProduceRequest, type SourceDeps } from "../../activities/source.ts";
import type { Artifact, RawObject } from "../../schemas/artifact.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { ApplicationSpec } from "../../schemas/kinds/application.ts";

const SPEC = ApplicationSpec.parse({
  source: { repoURL: "https://host/repo", path: "apps/a" },
  destination: { name: "here", namespace: "shop" },
});
const SINCE = "2026-01-01T00:00:00.000Z";

/** A repository, a renderer, a cluster and a store that remember what they were asked. */
function world() {
  const state = {
    revision: "a".repeat(40),
    content: "one",
    tool: "directory",
    version: "v1.33.0",
    objects: [object("ConfigMap", "settings"), object("Namespace", "shop"), object("Widget", "w", "example.com/v1")],
    widgets: undefined as boolean | undefined,
    resolves: [] as { target: string; readAfter: number }[],
    renders: [] as { namespace: string; kubeVersion?: string }[],
    closed: 0,
    blobs: new Map<string, unknown>(),
  };
  const deps: SourceDeps<{ revision: string; close(): void }> = {
    mirrors: {
      resolve: async (_repoURL, target, { readAfter }) => {
        state.resolves.push({ target, readAfter });
        return { revision: state.revision };
      },
      ensure: async (_repoURL, revision) => ({ revision, close: () => (state.closed += 1) }),
      move: async (_repoURL, from, to) => (from === to ? "same" : "forward"),
    },
    renderer: {
      sourceDigest: async () => ({ digest: state.content, tool: state.tool }),
      render: async ({ namespace, kubeVersion }) => {
        state.renders.push({ namespace, ...(kubeVersion === undefined ? {} : { kubeVersion }) });
        return structuredClone(state.objects);
      },
    },
    clusterOf: async () => ({
      resolve: async (_apiVersion, kind) =>
        kind === "Widget"
          ? state.widgets === undefined
            ? undefined
            : { namespaced: state.widgets }
          : { namespaced: kind !== "Namespace" },
      version: async () => ({ gitVersion: state.version }),
    }),
    seal: (sealed) => (sealed.kind === "Secret" ? { ...sealed, data: { sealed: true } } : sealed),
    blobs: {
      putJson: async (value) => {
        const digest = createHash("sha256").update(JSON.stringify(value)).digest("hex");
        state.blobs.set(digest, value);
        return digest;
      },
      has: async (digest) => state.blobs.has(digest),
    },
    metrics: new Registry(),
  };
  return { state, deps, activity: createSourceActivity(deps) };
}

function object(kind: string, name: string, apiVersion = "v1"): RawObject {
  return { apiVersion, kind, metadata: { name } };
}

const request = (more: Partial<ProduceRequest> = {}): ProduceRequest => ({
  application: "a",
  spec: SPEC,
  cluster: "here",
  since: SINCE,
  ...more,
});

let { state, deps, activity } = world();
beforeEach(() => ({ state, deps, activity } = world()));
const artifactOf = (digest: string) => state.blobs.get(digest) as Artifact;

describe("produce", () => {
  it("resolves, renders, decorates, seals and stores", async () => {
    state.objects.push(object("Secret", "s"));
    const produced = await activity.produce(request());
    expect(produced).toMatchObject({ revision: state.revision, sourceDigest: "one" });
    const artifact = artifactOf(produced.artifact);
    expect(artifact).toMatchObject({
      version: 1,
      application: "a",
      repoURL: "https://host/repo",
      revision: state.revision,
      sourceDigest: "one",
    });
    const placed = artifact.objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? "-"}`).sort();
    expect(placed).toEqual(["ConfigMap shop", "Namespace -", "Secret shop", "Widget shop"]);
    expect(artifact.objects.find(({ kind }) => kind === "Secret")).toMatchObject({ data: { sealed: true } });
    for (const { metadata } of artifact.objects) expect(metadata.labels).toEqual({ "sluice.dev/application": "a" });
    expect(state.closed).toBe(1);
  });

  it("believes nothing that the repository said before the request", async () => {
    await activity.produce(request());
    expect(state.resolves).toEqual([{ target: "HEAD", readAfter: Date.parse(SINCE) - 1 }]);
  });

  it("takes the revision that was asked for in the place of the source's", async () => {
    await activity.produce(request({ revision: "v1" }));
    expect(state.resolves[0]?.target).toBe("v1");
  });

  it("renders an unchanged source once, whatever the commit", async () => {
    const first = await activity.produce(request());
    state.revision = "b".repeat(40);
    const second = await activity.produce(request());
    expect(second).toEqual({ ...first, revision: state.revision });
    expect(state.renders).toHaveLength(1);
    const lookups = await deps.metrics.getSingleMetric("sluice_artifact_cache_lookups_total")!.get();
    expect(lookups.values.map(({ labels, value }) => [labels["result"], value])).toEqual([
      ["miss", 1],
      ["hit", 1],
    ]);
  });

  it.each<[string, () => void | Partial<ProduceRequest>]>([
    ["the content", () => void (state.content = "two")],
    ["the application", () => ({ application: "b" })],
    ["the cluster", () => ({ cluster: "there" })],
    ["the namespace", () => ({ spec: { ...SPEC, destination: { name: "here", namespace: "other" } } })],
    ["the store, which lost it", () => state.blobs.clear()],
    ["a kind's scope, which is known now", () => void (state.widgets = false)],
  ])("renders anew when it is another: %s", async (_name, change) => {
    await activity.produce(request());
    const more = change() ?? {};
    const second = await activity.produce(request(more));
    expect(state.renders).toHaveLength(2);
    expect(state.blobs.has(second.artifact)).toBe(true);
  });

  it("tells a chart the cluster's version, and renders anew for another one", async () => {
    state.tool = "helm";
    await activity.produce(request());
    await activity.produce(request());
    state.version = "v1.34.0";
    await activity.produce(request());
    expect(state.renders.map(({ kubeVersion }) => kubeVersion)).toEqual(["v1.33.0", "v1.34.0"]);
  });

  it("closes the tree and keeps nothing when rendering fails", async () => {
    const { render } = deps.renderer;
    deps.renderer.render = async () => {
      throw new SluiceError("RenderFailed", "no");
    };
    await expect(activity.produce(request())).rejects.toMatchObject({ code: "RenderFailed" });
    expect(state.closed).toBe(1);
    deps.renderer.render = render;
    await expect(activity.produce(request())).resolves.toBeDefined();
  });
});

it("move says how commits relate", async () => {
  expect(await activity.move("https://host/repo", "a", "a")).toBe("same");
});
