import type { IssueProblem } from "../../schemas/api/issues.ts";
import { API_VERSION } from "../../schemas/kinds/metadata.ts";

const KINDS = ["AnalysisTemplate", "ClusterAnalysisTemplate"];

/** Providers that a template of Argo Rollouts may name and that nothing here measures. */
const UNSUPPORTED = [
  "cloudWatch",
  "datadog",
  "graphite",
  "influxdb",
  "kayenta",
  "newRelic",
  "plugin",
  "skywalking",
  "wavefront",
];

/**
 * An AnalysisTemplate or ClusterAnalysisTemplate of Argo Rollouts as one of ours: it is read as it is. Both have one name space here, and
 * what a cluster wrote into its metadata means nothing. Undefined for any other document.
 */
export function fromArgoRollouts(
  fields: Record<string, unknown>,
): { fields: Record<string, unknown>; problems: IssueProblem[] } | undefined {
  const { apiVersion, kind, metadata, spec } = fields;
  if (apiVersion !== "argoproj.io/v1alpha1" || !KINDS.includes(String(kind))) return undefined;
  const problems = isMap(spec) ? unsupported(spec) : [];
  return {
    fields: {
      ...fields,
      apiVersion: API_VERSION,
      kind: "AnalysisTemplate",
      ...(isMap(metadata) && { metadata: carried(metadata) }),
      ...(problems.length > 0 && { spec: withoutUnsupported(spec as Record<string, unknown>) }),
    },
    problems,
  };
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Name, labels and annotations; the rest is what a cluster writes, and a namespace. */
function carried({ name, labels, annotations }: Record<string, unknown>): Record<string, unknown> {
  return {
    name,
    ...(labels !== undefined && { labels }),
    ...(annotations !== undefined && { annotations }),
  };
}

/** What was told of already is not told of again as a field that nobody knows: anything known stands in its place. */
function withoutUnsupported({ metrics, ...spec }: Record<string, unknown>): Record<string, unknown> {
  const told = (metric: unknown): boolean =>
    isMap(metric) && isMap(metric["provider"]) && Object.keys(metric["provider"]).some(isUnsupported);
  const known = (metrics as unknown[]).map((metric) =>
    told(metric) ? { ...(metric as object), provider: { health: {} } } : metric,
  );
  return { ...spec, metrics: known };
}

const isUnsupported = (name: string): boolean => UNSUPPORTED.includes(name);

function unsupported({ metrics }: Record<string, unknown>): IssueProblem[] {
  if (!Array.isArray(metrics)) return [];
  return metrics.flatMap((metric: unknown, index) => {
    const provider = isMap(metric) && isMap(metric["provider"]) ? metric["provider"] : {};
    return Object.keys(provider)
      .filter(isUnsupported)
      .map((name) => ({
        path: ["spec", "metrics", index, "provider", name],
        key: true,
        message: `Argo Rollouts' provider ${name} is not supported`,
        next: "measure with prometheus, web or job; most services answer a web request with JSON",
      }));
  });
}
