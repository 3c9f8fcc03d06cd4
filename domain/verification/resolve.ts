import type { AnalysisTemplateSpec } from "../../schemas/kinds/analysis-template.ts";
import type { ArgumentValue, Metric, Verification } from "../../schemas/kinds/verification.ts";
import { globMatches } from "../project/glob.ts";
import { type GivenArgument, mergedArguments, referencesIn, withArguments } from "./arguments.ts";
import { type Counting, countingOf } from "./metric.ts";

/** Looks a template up by its name. */
export type FindTemplate = (name: string) => AnalysisTemplateSpec | undefined;

/** Something in a verification that can't be measured: where in it, and what. */
export interface VerificationProblem {
  path: string;
  message: string;
  next?: string;
}

/** Everything that a verification and its templates say together, before arguments are filled in. */
export interface Gathered {
  metrics: { metric: Metric; path: string }[];
  args: ArgumentValue[];
  /** Names of metrics that count for nothing; `*` and globs as Argo Rollouts has them. */
  dryRun: string[];
  problems: VerificationProblem[];
}

/** Arguments that every verification has without being given, by what it is about. */
export const CONTEXT_ARGUMENTS = ["pipeline", "stage", "release", "alias"] as const;

const MOST_TEMPLATES = 100;

/** The metrics of a verification and of its templates, those of templates of templates included. */
export function gathered(spec: Verification, find: FindTemplate): Gathered {
  const found = new Map<string, AnalysisTemplateSpec>();
  const problems: VerificationProblem[] = [];
  const add = (name: string, path: string): void => {
    if (found.has(name) || found.size >= MOST_TEMPLATES) return;
    const template = find(name);
    if (!template) {
      problems.push({
        path,
        message: `there is no AnalysisTemplate ${name}`,
        next: "apply it first or together with this",
      });
      return;
    }
    found.set(name, template);
    for (const { templateName } of template.templates ?? []) add(templateName, path);
  };
  (spec.analysisTemplates ?? []).forEach(({ name }, index) => add(name, `analysisTemplates.${index}.name`));
  const templates = [...found];
  const metrics = [
    ...(spec.metrics ?? []).map((metric, index) => ({ metric, path: `metrics.${index}` })),
    ...templates.flatMap(([name, template]) =>
      (template.metrics ?? []).map((metric) => ({ metric, path: placeOf(spec, name) })),
    ),
  ];
  return {
    metrics,
    args: mergedArguments(
      spec.args ?? [],
      templates.map(([, { args }]) => args ?? []),
    ),
    dryRun: [...(spec.dryRun ?? []), ...templates.flatMap(([, { dryRun }]) => dryRun ?? [])].map(
      ({ metricName }) => metricName,
    ),
    problems: [...problems, ...repeated(metrics)],
  };
}

/** Where a template is named; one that only another template names has the place of all. */
function placeOf({ analysisTemplates = [] }: Verification, name: string): string {
  const index = analysisTemplates.findIndex((one) => one.name === name);
  return index < 0 ? "analysisTemplates" : `analysisTemplates.${index}.name`;
}

function repeated(metrics: Gathered["metrics"]): VerificationProblem[] {
  const seen = new Set<string>();
  return metrics.flatMap(({ metric: { name }, path }) => {
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    return [{ path, message: `two metrics have the name ${name}`, next: "give each a name of its own" }];
  });
}

/** Whether a metric counts for nothing. */
export const isDry = (dryRun: readonly string[], name: string): boolean =>
  dryRun.some((pattern) => globMatches(pattern, name));

/** A metric with its arguments filled in, ready to be measured. */
export interface ReadyMetric {
  metric: Metric;
  counting: Counting;
  dryRun: boolean;
}

/** Fills arguments in. Problems where one is missing, or where a limit is no number with it. */
export function ready(
  { metrics, dryRun }: Gathered,
  given: readonly GivenArgument[],
): { metrics: ReadyMetric[]; problems: VerificationProblem[] } {
  const problems: VerificationProblem[] = [];
  const known = new Set(given.map(({ name }) => name));
  const made = metrics.flatMap(({ metric, path }): ReadyMetric[] => {
    const missing = referencesIn(JSON.stringify(metric)).filter((name) => !known.has(name));
    if (missing.length > 0) {
      const message = `metric ${metric.name} uses the argument ${missing.join(", ")}, which has no value`;
      problems.push({ path, message, next: "give it under args" });
      return [];
    }
    const filled = withArguments(metric, given);
    const counting = countingOf(filled);
    if (!("problems" in counting)) return [{ metric: filled, counting, dryRun: isDry(dryRun, metric.name) }];
    for (const { field, message } of counting.problems) {
      const place = path.startsWith("metrics.") ? `${path}.${field}` : path;
      problems.push({ path: place, message: `${field} of metric ${metric.name} ${message}` });
    }
    return [];
  });
  return { metrics: made, problems };
}
