import type { PipelineSpec, Stage } from "../../schemas/kinds/pipeline.ts";
import type { ReleaseSourceSpec } from "../../schemas/kinds/release-source.ts";
import type { Finding } from "../configuration/references.ts";
import { checkAutomated } from "./check-automated.ts";
import { missing, type PipelineKnown } from "./check-known.ts";
import { checkMethods } from "./check-method.ts";
import { checkDependencyGates, checkOrder } from "./check-order.ts";
import { checkSelections } from "./check-selections.ts";
import { checkSubscriptions } from "./check-subscriptions.ts";

/** What is wrong with a pipeline's stages and with what they refer to, in places such as `spec.stages.1.after.0`. */
export function checkPipeline(name: string, spec: PipelineSpec, known: PipelineKnown): Finding[] {
  return [
    ...checkProject(spec, known),
    ...checkSource(spec, known),
    ...repeated(spec.stages),
    ...checkOrder(spec),
    ...checkDependencyGates(name, spec, known),
    ...checkSelections(name, spec, known),
    ...checkMethods(spec, known),
    ...checkAutomated(spec, known),
  ];
}

function checkProject({ project }: { project: string }, { projects }: PipelineKnown): Finding[] {
  return projects.has(project) ? [] : [missing("spec.project", "Project", project, projects.keys())];
}

/** The release source is of the same project, and has the subscriptions that stages name. */
function checkSource(spec: PipelineSpec, { releaseSources }: PipelineKnown): Finding[] {
  const source = releaseSources.get(spec.releaseSource);
  if (!source) return [missing("spec.releaseSource", "ReleaseSource", spec.releaseSource, releaseSources.keys())];
  if (source.project === spec.project) return checkSubscriptions(spec, source);
  return [
    {
      path: "spec.releaseSource",
      message: `ReleaseSource ${spec.releaseSource} is of project ${source.project}, this pipeline of ${spec.project}`,
      next: "give both the same project",
    },
  ];
}

function repeated(stages: readonly Stage[]): Finding[] {
  const names = stages.map(({ name }) => name);
  return names.flatMap((name, index) =>
    names.indexOf(name) < index
      ? [{ path: `spec.stages.${index}.name`, message: `two stages have the name ${name}`, next: "rename one" }]
      : [],
  );
}

/**
 * What is wrong with what a release source refers to, and with what pipelines take of it: a subscription that a stage names can't go
 * away, and the project is that of its pipelines.
 */
export function checkReleaseSource(name: string, spec: ReleaseSourceSpec, known: PipelineKnown): Finding[] {
  const users = [...known.pipelines].filter(([, pipeline]) => pipeline.releaseSource === name);
  return [...checkProject(spec, known), ...users.flatMap(([pipeline, used]) => lostBy(pipeline, used, spec))];
}

function lostBy(pipeline: string, used: PipelineSpec, spec: ReleaseSourceSpec): Finding[] {
  if (used.project !== spec.project) {
    const message = `Pipeline ${pipeline} uses it and is of project ${used.project}`;
    return [{ path: "spec.project", message, next: "give both the same project" }];
  }
  return checkSubscriptions(used, spec).map(({ path, message }) => ({
    path: "spec.subscriptions",
    message: `Pipeline ${pipeline} needs another one at ${path}: ${message}`,
    next: "change the pipeline first or together with this",
  }));
}
