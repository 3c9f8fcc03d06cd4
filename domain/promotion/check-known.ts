import { nearest } from "../../schemas/api/nearest.ts";
import type { ApplicationSpec } from "../../schemas/kinds/application.ts";
import type { GatePolicySpec } from "../../schemas/kinds/gate-policy.ts";
import type { PipelineSpec } from "../../schemas/kinds/pipeline.ts";
import type { ProjectSpec } from "../../schemas/kinds/project.ts";
import type { ReleaseSourceSpec } from "../../schemas/kinds/release-source.ts";
import type { Finding } from "../configuration/references.ts";

/** What pipelines refer to, once the batch is applied. */
export interface PipelineKnown {
  applications: ReadonlyMap<string, ApplicationSpec>;
  /** Labels of applications, by their names. */
  labels: ReadonlyMap<string, Record<string, string>>;
  projects: ReadonlyMap<string, ProjectSpec>;
  pipelines: ReadonlyMap<string, PipelineSpec>;
  releaseSources: ReadonlyMap<string, ReleaseSourceSpec>;
  gatePolicies: ReadonlyMap<string, GatePolicySpec>;
}

/** A reference to nothing. */
export function missing(path: string, kind: string, name: string, names: Iterable<string>): Finding {
  const meant = nearest(name, [...names]);
  const next = meant === undefined ? "apply it first or together with this" : `did you mean ${meant}?`;
  return { path, message: `there is no ${kind} ${name}`, next };
}
