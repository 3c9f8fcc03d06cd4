import { systemDecider } from "../../domain/configuration/system.ts";
import type { Known } from "../../domain/configuration/references.ts";
import type { AccountSpec } from "../../schemas/kinds/account.ts";
import type { AnalysisTemplateSpec } from "../../schemas/kinds/analysis-template.ts";
import type { ApplicationSpec } from "../../schemas/kinds/application.ts";
import type { GatePolicySpec } from "../../schemas/kinds/gate-policy.ts";
import type { PipelineSpec } from "../../schemas/kinds/pipeline.ts";
import type { ProjectSpec } from "../../schemas/kinds/project.ts";
import type { ReleaseSourceSpec } from "../../schemas/kinds/release-source.ts";
import type { ApiPorts } from "./ports.ts";

/** `Known` that a batch can be laid over. */
export interface KnownMaps extends Known {
  applications: Map<string, ApplicationSpec>;
  /** Labels of applications, by their names. */
  labels: Map<string, Record<string, string>>;
  pipelines: Map<string, PipelineSpec>;
  releaseSources: Map<string, ReleaseSourceSpec>;
  projects: Map<string, ProjectSpec>;
  clusters: Map<string, { server: string }>;
  repositories: Map<string, { url: string; match: "exact" | "prefix" }>;
  accounts: Map<string, AccountSpec>;
  gatePolicies: Map<string, GatePolicySpec>;
  analysisTemplates: Map<string, AnalysisTemplateSpec>;
  /** Keys of the secrets that verifications use. */
  secrets: Map<string, readonly string[]>;
}

/** Everything that objects refer to, from views that include the whole ledger. Applications only where they are asked for. */
export async function readKnown(
  { views, projector, ledger, aggregates }: Pick<ApiPorts, "views" | "projector" | "ledger" | "aggregates">,
  options: { applications: boolean },
): Promise<KnownMaps> {
  await projector.reached(await ledger.last());
  const { secrets = {} } = (await aggregates.load(systemDecider, "sluice")).state;
  const applications = options.applications ? views.list("applications") : [];
  return {
    applications: new Map(applications.map(({ value }) => [value.name, value.spec])),
    labels: new Map(applications.map(({ value }) => [value.name, value.labels])),
    pipelines: new Map(views.list("pipelines").map(({ value }) => [value.name, value.spec])),
    releaseSources: new Map(views.list("releaseSources").map(({ value }) => [value.name, value.spec])),
    projects: new Map(views.list("projects").map(({ value }) => [value.name, value.spec])),
    clusters: new Map(views.list("clusters").map(({ value }) => [value.name, value.spec])),
    repositories: new Map(views.list("repositories").map(({ value }) => [value.name, value.spec])),
    accounts: new Map(views.list("accounts").map(({ value }) => [value.name, value.spec])),
    gatePolicies: new Map(views.list("gatePolicies").map(({ value }) => [value.name, value.spec])),
    analysisTemplates: new Map(views.list("analysisTemplates").map(({ value }) => [value.name, value.spec])),
    secrets: new Map(Object.values(secrets).map(({ name, keys }) => [name, keys])),
  };
}
