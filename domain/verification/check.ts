import type { AnalysisTemplateSpec } from "../../schemas/kinds/analysis-template.ts";
import type { ArgumentValue, Metric, Verification } from "../../schemas/kinds/verification.ts";
import type { Finding } from "../configuration/references.ts";
import { referencesIn } from "./arguments.ts";
import { conditionProblem, instantProblem } from "./condition.ts";
import { jsonPathProblem } from "./json-path.ts";
import { CONTEXT_ARGUMENTS, type FindTemplate, gathered, isDry, ready } from "./resolve.ts";

/** What verifications refer to. */
export interface VerificationKnown {
  analysisTemplates: ReadonlyMap<string, AnalysisTemplateSpec>;
  /** Keys of secrets, by name. */
  secrets: ReadonlyMap<string, readonly string[]>;
}

/** What is wrong with a verification at a place such as `spec.stages.0.verification`. */
export function checkVerification(spec: Verification, place: string, known: VerificationKnown): Finding[] {
  const all = gathered(spec, (name) => known.analysisTemplates.get(name));
  const own = (spec.metrics ?? []).flatMap((metric, index) => checkMetric(metric, `${place}.metrics.${index}`));
  const args = checkArguments(spec.args ?? [], `${place}.args`);
  const at = ({ path, ...finding }: Finding): Finding => ({ path: `${place}.${path}`, ...finding });
  const found = [...own, ...args, ...secretFindings(spec, all.args, known).map(at), ...all.problems.map(at)];
  // What could not be read has no arguments to fill in.
  if (found.length > 0) return found;
  const given = [...CONTEXT_ARGUMENTS, ...all.args.filter(isGiven).map(({ name }) => name)];
  const filled = ready(
    all,
    [...new Set(given)].map((name) => ({ name, value: valueOf(all.args, name) })),
  );
  const endless = filled.metrics
    .filter(({ counting }) => counting.count === undefined && counting.consecutiveSuccessLimit === 0)
    .map(({ metric }) =>
      endlessFinding(all.metrics.find((one) => one.metric.name === metric.name)?.path ?? "", metric),
    );
  const dry = unknownDry(
    spec,
    all.metrics.map(({ metric }) => metric.name),
  );
  return [...filled.problems, ...endless, ...dry].map(at);
}

/** Arguments out of secrets that nobody gave. */
function secretFindings(
  { args = [] }: Verification,
  merged: readonly ArgumentValue[],
  { secrets }: VerificationKnown,
): Finding[] {
  return merged.flatMap(({ name, valueFrom }) => {
    const ref = valueFrom?.secretKeyRef;
    if (!ref || secrets.get(ref.name)?.includes(ref.key)) return [];
    const index = args.findIndex((one) => one.name === name);
    return [
      {
        path: index < 0 ? "analysisTemplates" : `args.${index}.valueFrom.secretKeyRef`,
        message: `the argument ${name} comes from the key ${ref.key} of the secret ${ref.name}, which nobody gave`,
        next: `give it with \`sluice secret set ${ref.name} ${ref.key} --file FILE\`; Secrets of clusters are not read`,
      },
    ];
  });
}

const isGiven = ({ value, valueFrom }: ArgumentValue): boolean => value !== undefined || valueFrom !== undefined;

/** Where there is no value by now any text stands for it. */
const valueOf = (args: readonly ArgumentValue[], name: string): string =>
  args.find((one) => one.name === name)?.value ?? "1";

const endlessFinding = (path: string, { name }: Metric): Finding => ({
  path,
  message: `metric ${name} has an interval and no count: it would be measured until the verification's timeout, and be inconclusive`,
  next: "give it count, or consecutiveSuccessLimit",
});

function unknownDry({ dryRun = [] }: Verification, names: readonly string[]): Finding[] {
  return dryRun.flatMap(({ metricName }, index) =>
    names.some((name) => isDry([metricName], name))
      ? []
      : [{ path: `dryRun.${index}.metricName`, message: `there is no metric ${metricName}`, next: oneOf(names) }],
  );
}

const oneOf = (names: readonly string[]): string => `there are ${names.slice(0, 10).join(", ")}`;

/** What is wrong with an AnalysisTemplate; templates that it names are looked for. */
export function checkTemplate(spec: AnalysisTemplateSpec, find: FindTemplate): Finding[] {
  const names = (spec.metrics ?? []).map(({ name }) => name);
  const missing = (spec.templates ?? []).flatMap(({ templateName }, index) =>
    find(templateName)
      ? []
      : [
          {
            path: `spec.templates.${index}.templateName`,
            message: `there is no AnalysisTemplate ${templateName}`,
            next: "apply it first or together with this",
          },
        ],
  );
  const twice = names.flatMap((name, index) =>
    names.indexOf(name) < index
      ? [{ path: `spec.metrics.${index}.name`, message: `two metrics have the name ${name}` }]
      : [],
  );
  const nothing =
    names.length === 0 && (spec.templates ?? []).length === 0
      ? [{ path: "spec", message: "has no metrics", next: "give metrics, or templates that have some" }]
      : [];
  return [
    ...nothing,
    ...(spec.metrics ?? []).flatMap((metric, index) => checkMetric(metric, `spec.metrics.${index}`)),
    ...checkArguments(spec.args ?? [], "spec.args"),
    ...missing,
    ...twice,
    ...undeclared(spec),
  ];
}

/** As Argo Rollouts, a template declares the arguments that its metrics use. */
function undeclared({ args = [], metrics = [] }: AnalysisTemplateSpec): Finding[] {
  const known = new Set([...args.map(({ name }) => name), ...CONTEXT_ARGUMENTS]);
  return metrics.flatMap((metric, index) =>
    referencesIn(JSON.stringify(metric))
      .filter((name) => !known.has(name))
      .map((name) => ({
        path: `spec.metrics.${index}`,
        message: `metric ${metric.name} uses the argument ${name}, which spec.args does not declare`,
        next: `add it to spec.args; ${CONTEXT_ARGUMENTS.join(", ")} are always there`,
      })),
  );
}

function checkArguments(args: readonly ArgumentValue[], place: string): Finding[] {
  return args.flatMap(({ valueFrom, value }, index) => {
    const path = `${place}.${index}.valueFrom`;
    if (valueFrom?.fieldRef) {
      const next = `give a value; ${CONTEXT_ARGUMENTS.map((name) => `{{args.${name}}}`).join(", ")} are always there`;
      return [{ path: `${path}.fieldRef`, message: "there is no Rollout whose field could be read", next }];
    }
    if (valueFrom && value !== undefined) return [{ path, message: "give value or valueFrom, not both" }];
    return [];
  });
}

/** What is wrong with one metric by itself; what holds arguments is looked at once they are filled in. */
function checkMetric(metric: Metric, place: string): Finding[] {
  const { prometheus, web, job } = metric.provider;
  const conditions = (["successCondition", "failureCondition"] as const).flatMap((field) => {
    const text = metric[field];
    const problem = text === undefined || hasReferences(text) ? undefined : conditionProblem(text);
    return problem === undefined
      ? []
      : [{ path: `${place}.${field}`, message: `is not a condition: ${problem}`, next: CONDITIONS }];
  });
  const provider = `${place}.provider`;
  return [
    ...conditions,
    ...(prometheus ? checkPrometheus(prometheus, `${provider}.prometheus`) : []),
    ...(web ? checkWeb(web, `${provider}.web`) : []),
    ...(job ? checkJob(job.spec, `${provider}.job.spec`) : []),
  ];
}

const CONDITIONS = "write it over `result`, as in result[0] >= 0.95; docs/how-to/verification.md lists what there is";
const hasReferences = (text: string): boolean => referencesIn(text).length > 0;

type Prometheus = NonNullable<Metric["provider"]["prometheus"]>;
type Web = NonNullable<Metric["provider"]["web"]>;

function checkPrometheus({ address, rangeQuery, authentication }: Prometheus, place: string): Finding[] {
  const times = (["start", "end"] as const).flatMap((field) => {
    const text = rangeQuery?.[field];
    const problem = text === undefined || hasReferences(text) ? undefined : instantProblem(text);
    const next = 'write it as now() or now() - duration("15m")';
    return problem === undefined
      ? []
      : [{ path: `${place}.rangeQuery.${field}`, message: `is not a time: ${problem}`, next }];
  });
  return [
    ...checkAddress(address, `${place}.address`),
    ...times,
    ...checkAuthentication(authentication, ["basicAuth"], place),
  ];
}

function checkWeb({ url, method, body, jsonBody, jsonPath, authentication }: Web, place: string): Finding[] {
  const found = [...checkAddress(url, `${place}.url`), ...checkAuthentication(authentication, [], place)];
  const given = body === undefined ? "jsonBody" : "body";
  if (body !== undefined && jsonBody !== undefined) {
    found.push({ path: `${place}.jsonBody`, message: "give body or jsonBody, not both" });
  } else if (method === "GET" && (body !== undefined || jsonBody !== undefined)) {
    found.push({ path: `${place}.${given}`, message: "a GET has no body", next: "set method to POST or PUT" });
  }
  const problem = jsonPath === undefined || hasReferences(jsonPath) ? undefined : jsonPathProblem(jsonPath);
  if (problem !== undefined) {
    const next = "write it as kubectl takes it: {$.data[0].ok}";
    found.push({ path: `${place}.jsonPath`, message: `is not a JSONPath: ${problem}`, next });
  }
  return found;
}

function checkAddress(text: string, path: string): Finding[] {
  if (hasReferences(text) || /^https?:\/\/[^\s/]+/.test(text)) return [];
  return [{ path, message: "is not an address", next: "begin it with http:// or https://" }];
}

/** Kinds of authentication that need a service of their own are not there. */
function checkAuthentication(given: Record<string, unknown> | undefined, known: string[], place: string): Finding[] {
  return Object.keys(given ?? {})
    .filter((name) => !known.includes(name))
    .map((name) => ({
      path: `${place}.authentication.${name}`,
      message: `${name} is not supported`,
      next: "send a header, its value out of an argument with valueFrom.secretKeyRef",
    }));
}

function checkJob(spec: Record<string, unknown>, place: string): Finding[] {
  const { template } = spec as { template?: { spec?: { containers?: unknown; restartPolicy?: unknown } } };
  const pod = template?.spec;
  if (!Array.isArray(pod?.containers) || pod.containers.length === 0) {
    return [{ path: place, message: "is not the spec of a Job: template.spec.containers is missing" }];
  }
  if (pod.restartPolicy === "Never" || pod.restartPolicy === "OnFailure") return [];
  const next = "set it to Never";
  return [{ path: `${place}.template.spec`, message: "the pods of a Job need restartPolicy Never or OnFailure", next }];
}
