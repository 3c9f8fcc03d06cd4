import type { AnalysisTemplateSpec } from "../../schemas/kinds/analysis-template.ts";
import type { Gate } from "../../schemas/kinds/gate.ts";
import type { PipelineSpec } from "../../schemas/kinds/pipeline.ts";
import type { Verification } from "../../schemas/kinds/verification.ts";
import type { PipelineKnown } from "./check-known.ts";

/** Kinds that pipelines and what belongs to them name. */
export const NAMED_KINDS = [
  "Project",
  "ReleaseSource",
  "GatePolicy",
  "Pipeline",
  "AnalysisTemplate",
  "Account",
] as const;
export type NamedKind = (typeof NAMED_KINDS)[number];

type Known = Pick<PipelineKnown, "pipelines" | "releaseSources" | "gatePolicies"> & {
  analysisTemplates: ReadonlyMap<string, AnalysisTemplateSpec>;
};

/** What names an object of a kind, as `Pipeline shop`, sorted; its deletion is refused while something does. */
export function namersOf(kind: NamedKind, name: string, known: Known): string[] {
  const isOwn = (place: string): boolean => place === `${kind} ${name}`;
  const pipelines = [...known.pipelines].filter(([, spec]) => pipelineNames(spec, kind, name));
  const policies = [...known.gatePolicies].filter(([, { gates }]) => gates.some((gate) => gateNames(gate, kind, name)));
  const sources = [...known.releaseSources].filter(([, { project }]) => kind === "Project" && project === name);
  const templates = [...known.analysisTemplates].filter(
    ([, spec]) => kind === "AnalysisTemplate" && spec.templates?.some(({ templateName }) => templateName === name),
  );
  return [
    ...pipelines.map(([own]) => `Pipeline ${own}`),
    ...policies.map(([own]) => `GatePolicy ${own}`),
    ...sources.map(([own]) => `ReleaseSource ${own}`),
    ...templates.map(([own]) => `AnalysisTemplate ${own}`),
  ]
    .filter((place) => !isOwn(place))
    .toSorted();
}

function pipelineNames({ project, releaseSource, stages }: PipelineSpec, kind: NamedKind, name: string): boolean {
  if (kind === "Project") return project === name;
  if (kind === "ReleaseSource") return releaseSource === name;
  return stages.some(
    ({ gates, verification }) =>
      gates.some((gate) => gateNames(gate, kind, name)) ||
      (kind === "AnalysisTemplate" && verificationNames(verification, name)),
  );
}

function gateNames({ policy, dependency, verification, approval }: Gate, kind: NamedKind, name: string): boolean {
  switch (kind) {
    case "GatePolicy":
      return policy === name;
    case "Pipeline":
      return dependency?.pipeline === name;
    case "AnalysisTemplate":
      return verificationNames(verification, name);
    case "Account":
      return approval?.people.includes(name) === true;
    case "Project":
    case "ReleaseSource":
      return false;
  }
}

const verificationNames = (verification: Verification | undefined, name: string): boolean =>
  verification?.analysisTemplates?.some((template) => template.name === name) === true;

/** Why an object can't be deleted; undefined when it can. */
export function denyDeleteOfNamed(
  kind: NamedKind,
  name: string,
  known: Known,
): { message: string; next: string } | undefined {
  const by = namersOf(kind, name, known);
  if (by.length === 0) return undefined;
  const shown = by.slice(0, 10).join(", ") + (by.length > 10 ? ` and ${by.length - 10} more` : "");
  return { message: `${kind} ${name} is used by ${shown}`, next: "delete or change them first" };
}
