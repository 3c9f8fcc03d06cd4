import {
  checkApplication,
  checkCluster,
  checkRepository,
  type Finding,
} from "../../domain/configuration/references.ts";
import { checkAccount } from "../../domain/account/check.ts";
import { checkDependencies } from "../../domain/dependency/graph.ts";
import { checkGatePolicy, checkPipelineGates } from "../../domain/gate/check.ts";
import { checkWaits } from "../../domain/promotion/check-automated.ts";
import { checkPipeline, checkReleaseSource } from "../../domain/promotion/check.ts";
import { checkSubscribed } from "../../domain/release/check.ts";
import { checkTemplate } from "../../domain/verification/check.ts";
import { checkWindows } from "../../domain/window/check.ts";
import { connectionSettings } from "../../adapters/kubernetes/credentials.ts";
import type { Problem } from "../../schemas/errors.ts";
import { toSluiceError } from "../../schemas/errors.ts";
import type { ConfigObject } from "../../schemas/kinds/index.ts";
import type { Cluster } from "../../schemas/kinds/cluster.ts";
import type { KnownMaps } from "./known.ts";
import { problemAt, type ReadObject } from "./read-configuration.ts";

/** What exists once the batch is applied. */
export function layOver(known: KnownMaps, objects: ReadObject[]): KnownMaps {
  const after: KnownMaps = {
    applications: new Map(known.applications),
    labels: new Map(known.labels),
    pipelines: new Map(known.pipelines),
    releaseSources: new Map(known.releaseSources),
    projects: new Map(known.projects),
    clusters: new Map(known.clusters),
    repositories: new Map(known.repositories),
    accounts: new Map(known.accounts),
    gatePolicies: new Map(known.gatePolicies),
    analysisTemplates: new Map(known.analysisTemplates),
    secrets: known.secrets,
  };
  for (const { object } of objects) {
    const { name, labels = {} } = object.metadata;
    if (object.kind === "Application") after.labels.set(name, labels);
    if (object.kind === "Application") after.applications.set(name, object.spec);
    else if (object.kind === "Pipeline") after.pipelines.set(name, object.spec);
    else if (object.kind === "ReleaseSource") after.releaseSources.set(name, object.spec);
    else if (object.kind === "Project") after.projects.set(name, object.spec);
    else if (object.kind === "Cluster") after.clusters.set(name, object.spec);
    else if (object.kind === "Repository") after.repositories.set(name, object.spec);
    else if (object.kind === "Account") after.accounts.set(name, object.spec);
    else if (object.kind === "GatePolicy") after.gatePolicies.set(name, object.spec);
    else if (object.kind === "AnalysisTemplate") after.analysisTemplates.set(name, object.spec);
  }
  return after;
}

/** Problems of objects that fit their schemas: references to nothing, what a project does not allow, unusable credentials. */
export function checkBatch(objects: ReadObject[], known: KnownMaps): Problem[] {
  const after = layOver(known, objects);
  return objects.flatMap(({ object, document }) => check(object, after).map((finding) => problemAt(document, finding)));
}

function check(object: ConfigObject, known: KnownMaps): Finding[] {
  const { name } = object.metadata;
  switch (object.kind) {
    case "Application":
      return [
        ...checkApplication(object.spec, known),
        ...checkDependencies(name, object.spec, known.applications),
        ...checkWaits(name, known),
      ];
    case "Cluster":
      return [...checkCluster(name, object.spec.server, known), ...checkCredentials(object.spec)];
    case "Repository":
      return checkRepository(name, object.spec, known);
    case "Project":
      return checkWindows(object.spec, Date.now());
    case "Pipeline":
      return [...checkPipeline(name, object.spec, known), ...checkPipelineGates(object.spec, known, Date.now())];
    case "GatePolicy":
      return checkGatePolicy(object.spec, known, Date.now());
    case "AnalysisTemplate":
      return checkTemplate(object.spec, (template) => known.analysisTemplates.get(template));
    case "ReleaseSource":
      return [...checkReleaseSource(name, object.spec, known), ...checkSubscribed(object.spec, known.projects)];
    case "ResourceCustomization":
    case "Notification":
      return [];
    case "Account":
      return checkAccount(name, object.spec, known.accounts);
  }
}

function checkCredentials({ server, credentials }: Cluster["spec"]): Finding[] {
  if (!credentials) return [];
  try {
    connectionSettings({ server, credentials });
    return [];
  } catch (thrown) {
    const { message, next } = toSluiceError(thrown);
    return [{ path: "spec.credentials", message, ...(next !== undefined && { next }) }];
  }
}
