import type { SourceTree } from "../../domain/source/tree.ts";
import type { Source } from "../../schemas/kinds/source.ts";
import type { Collected } from "./collect.ts";
import type { RenderLimits } from "./limits.ts";
import type { Scratch } from "./scratch.ts";
import type { Confinement, Execute } from "./tool-process.ts";

/** What is asked of a renderer. */
export interface RenderRequest {
  source: Source;
  tree: SourceTree;
  application: string;
  /** Namespace of the destination. */
  namespace: string;
  /** The cluster's version and API versions, for charts that ask. */
  kubeVersion?: string;
  apiVersions?: readonly string[];
  signal?: AbortSignal;
}

/** One run of a tool on files that were written for it. */
export interface Rendering extends RenderRequest {
  collected: Collected;
  scratch: Scratch;
  tools: { helm: string; kustomize: string };
  limits: RenderLimits;
  confine: Confinement;
  execute: Execute;
  /** The whole environment, but for the home. */
  environment: Record<string, string>;
}
