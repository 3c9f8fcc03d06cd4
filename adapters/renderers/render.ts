import { join } from "node:path";
import { Counter, Histogram, type Registry } from "prom-client";
import type { RawObject } from "../../schemas/artifact.ts";
import { SluiceError, toSluiceError } from "../../schemas/errors.ts";
import type { Collected } from "./collect.ts";
import { chartPaths } from "./chart-paths.ts";
import { templatesOf, withoutUnmappedHooks } from "./helm-output.ts";
import { runHelm } from "./helm.ts";
import { createInputs, type Inputs } from "./inputs.ts";
import { runKustomize } from "./kustomize.ts";
import { DEFAULT_LIMITS, type RenderLimits } from "./limits.ts";
import { createManifestParser } from "./manifest-parser.ts";
import type { Rendering, RenderRequest } from "./rendering.ts";
import { materialise, scratchParent } from "./scratch.ts";
import { Slots } from "./slots.ts";
import { executeHere, findConfinement, type Confinement, type Execute } from "./tool-process.ts";

export type { RenderRequest } from "./rendering.ts";

export interface RendererOptions {
  /** Paths of the programs. */
  tools: { helm: string; kustomize: string };
  /** Their versions, part of the source digest. */
  versions?: { helm?: string; kustomize?: string };
  /** Where scratch directories are; memory by default, where the machine has it. */
  scratchDir?: string;
  limits?: Partial<RenderLimits>;
  /** How tools are run; as children of this process by default. */
  execute?: Execute;
  metrics: Registry;
}

/** Renders sources with the real tools. */
export interface Renderer extends Pick<Inputs, "sourceDigest"> {
  /** The objects of a source, raw. Throws `RenderFailed`, `RenderLimit`, `SourceRefused` with file and line where they are known. */
  render(request: RenderRequest): Promise<RawObject[]>;
  close(): Promise<void>;
}

/** A tool finds nothing to inherit: no PATH, no proxy but one that refuses, and no more threads than it needs. */
const ENVIRONMENT: Record<string, string> = {
  PATH: "/nonexistent",
  LC_ALL: "C",
  GOMAXPROCS: "2",
  HTTP_PROXY: "http://127.0.0.1:9",
  HTTPS_PROXY: "http://127.0.0.1:9",
};

/** Plain YAML, Kustomize and Helm. At most `limits.concurrency` tools are at work at once. */
export function createRenderer(options: RendererOptions): Renderer {
  const limits: RenderLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const execute = options.execute ?? executeHere;
  const { observe, lookups } = metricsOf(options.metrics);
  const inputs = createInputs({
    limits,
    versions: options.versions ?? {},
    onLookup: (remembered) => lookups.inc({ result: remembered ? "hit" : "miss" }),
  });
  const parser = createManifestParser(limits);
  const slots = new Slots(limits.concurrency);
  let machine: Promise<{ confine: Confinement; parent: string }> | undefined;

  async function render(request: RenderRequest): Promise<RawObject[]> {
    const collected = await inputs.collected(request);
    return observe(collected.tool, async () => {
      if (collected.tool === "directory") return directory(collected, request);
      return slots.run(() => byTool(collected, request));
    });
  }

  async function directory({ manifests }: Collected, { tree }: RenderRequest): Promise<RawObject[]> {
    let total = 0;
    const texts = [];
    for (const { path, oid } of manifests) {
      const source = await readManifest(tree, path, oid);
      total += source.length;
      if (total > limits.totalBytes) throw tooLarge(limits.totalBytes);
      texts.push({ file: path, source });
    }
    return parser.parse(texts);
  }

  async function readManifest(tree: RenderRequest["tree"], path: string, oid: string): Promise<Uint8Array> {
    try {
      return await tree.readBlob(oid, limits.fileBytes);
    } catch (error) {
      if (!(error instanceof SluiceError) || error.code !== "RenderLimit") throw error;
      const message = `${path} is larger than the limit of ${limits.fileBytes} bytes`;
      throw new SluiceError("RenderLimit", `${message}.`, { problems: [{ file: path, message }] });
    }
  }

  async function byTool(collected: Collected, request: RenderRequest): Promise<RawObject[]> {
    machine ??= Promise.all([findConfinement(), options.scratchDir ?? scratchParent()]).then(([confine, parent]) => ({
      confine,
      parent,
    }));
    const { confine, parent } = await machine;
    const scratch = await materialise(collected, { tree: request.tree, parent, limits });
    const environment = { ...ENVIRONMENT, GOMEMLIMIT: String(Math.floor(limits.memoryBytes * 0.8)) };
    const rendering: Rendering = {
      ...request,
      collected,
      scratch,
      tools: options.tools,
      limits,
      confine,
      execute,
      environment,
    };
    try {
      if (collected.tool === "helm") {
        const paths = await chartPaths(join(scratch.source, collected.root), collected.root);
        const output = decoded(await runHelm(rendering, paths), "helm");
        return withoutUnmappedHooks(await parser.parse(templatesOf(output, paths)));
      }
      return await parser.parse([
        { file: "kustomize build", source: decoded(await runKustomize(rendering), "kustomize") },
      ]);
    } finally {
      await scratch.remove();
    }
  }

  return { render, sourceDigest: inputs.sourceDigest, close: () => parser.close() };
}

const tooLarge = (bytes: number): SluiceError =>
  new SluiceError("RenderLimit", `The source's manifests have more than ${bytes} bytes together.`, {
    next: "split the source into several applications",
  });

function decoded(output: Uint8Array, tool: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(output);
  } catch {
    throw new SluiceError("RenderFailed", `What ${tool} rendered is not UTF-8.`, {
      next: "look for a file of the source that is not UTF-8",
    });
  }
}

function metricsOf(registry: Registry) {
  const registers = [registry];
  const labelNames = ["tool", "result"] as const;
  const total = new Counter({
    name: "sluice_renders_total",
    help: "Renderings, by tool and result.",
    labelNames,
    registers,
  });
  const seconds = new Histogram({
    name: "sluice_render_seconds",
    help: "Time of renderings, by tool.",
    labelNames: ["tool"] as const,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 60],
    registers,
  });
  const lookups = new Counter({
    name: "sluice_source_digest_lookups_total",
    help: "Look-ups of what a source reads: hit when nothing had to be read again.",
    labelNames: ["result"] as const,
    registers,
  });
  const observe = async <T>(tool: string, work: () => Promise<T>): Promise<T> => {
    const end = seconds.startTimer({ tool });
    try {
      const result = await work();
      total.inc({ tool, result: "ok" });
      return result;
    } catch (error) {
      total.inc({ tool, result: toSluiceError(error).code });
      throw error;
    } finally {
      end();
    }
  };
  return { observe, lookups };
}
