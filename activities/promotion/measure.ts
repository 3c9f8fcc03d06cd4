import { progressed } from "../../domain/verification/progress.ts";
import { assessMetric, assessRun, dueAt, type MetricOfRun, outcomesOf } from "../../domain/verification/assess.ts";
import { CONTEXT_ARGUMENTS, gathered, ready, type ReadyMetric } from "../../domain/verification/resolve.ts";
import type { GivenArgument } from "../../domain/verification/arguments.ts";
import type { MetricOutcome, TakenMeasurement } from "../../domain/promotion/command.ts";
import type { VerificationRun } from "../../domain/promotion/state.ts";
import { durationMs } from "../../schemas/duration.ts";
import type { AnalysisTemplateSpec } from "../../schemas/kinds/analysis-template.ts";
import type { Verification } from "../../schemas/kinds/verification.ts";
import type { ReleaseView } from "../../schemas/promotion-views.ts";
import type { VerificationPhase } from "../../schemas/promotion.ts";
import { hiding } from "./hidden.ts";
import { createTake, jobOf, type Taken, type TakeDeps } from "./take.ts";
import { removeJob } from "./measure-job.ts";

/** A verification that runs, and what it is about. */
export interface MeasureInput {
  spec: Verification;
  run: VerificationRun;
  context: { pipeline: string; stage: string; release: ReleaseView; applications: string[] };
  /** RFC 3339. */
  now: string;
  signal: AbortSignal;
}

export interface Measured {
  /** New since the run's progress; to be recorded before the next call. */
  measurements: TakenMeasurement[];
  /** RFC 3339: when to measure again; absent with a verdict. */
  next?: string;
  /** Once it is told, the run is over. */
  verdict?: { phase: Exclude<VerificationPhase, "Running">; message?: string; metrics: MetricOutcome[] };
}

/** Takes every measurement of a run that is due. */
export type Measure = (input: MeasureInput) => Promise<Measured>;

export interface MeasureDeps extends TakeDeps {
  /** The AnalysisTemplate of a name, as it is configured now. */
  template(name: string): AnalysisTemplateSpec | undefined | Promise<AnalysisTemplateSpec | undefined>;
  /** A value of Sluice's own sealed store. */
  secret(ref: { name: string; key: string }): Promise<string | undefined>;
}

/** A metric of a run that can be measured, and how far it is. */
interface Standing extends ReadyMetric, MetricOfRun {}

/**
 * Measures what is due and says how the run stands. Making twice what was not recorded is the same as once: a Job has a name of its
 * measurement and is deleted only after its measurement was recorded. A limit of time makes a run inconclusive.
 */
export function createMeasure(deps: MeasureDeps): Measure {
  const take = createTake(deps);
  return async (input) => {
    const prepared = await prepare(deps, input);
    if ("problem" in prepared) return over("Error", prepared.problem, []);
    const { metrics, hide } = prepared;
    const now = Date.parse(input.now);
    await removeRecordedJobs(deps, input, metrics);
    const before = assessRun(metrics);
    if (before.phase !== "Running") return await ended(deps, input, metrics, { ...before, phase: before.phase });
    const deadline = Date.parse(input.run.startedAt) + durationMs(input.spec.timeout);
    if (now >= deadline) {
      const message = `it was not over within ${input.spec.timeout}`;
      return await ended(deps, input, metrics, { phase: "Inconclusive", message });
    }
    const due = metrics.filter((metric) => isRunning(metric) && nextOf(metric, input) <= now);
    const taken = await Promise.all(due.map((metric) => take({ metric, input, deadline, hide })));
    return standing(metrics, taken, { input, deadline });
  };
}

const isRunning = ({ counting, progress }: MetricOfRun): boolean =>
  assessMetric(counting, progress).phase === "Running";

const nextOf = ({ counting, progress }: MetricOfRun, { run }: MeasureInput): number =>
  dueAt(counting, progress, Date.parse(run.startedAt));

function over(
  phase: Exclude<VerificationPhase, "Running">,
  message: string | undefined,
  metrics: MetricOutcome[],
): Measured {
  return { measurements: [], verdict: { phase, ...(message !== undefined && { message }), metrics } };
}

/** The run after what was taken: its verdict, unless a Job's measurement has to be recorded first, or when to look again. */
function standing(
  metrics: readonly Standing[],
  taken: readonly Taken[],
  { input, deadline }: { input: MeasureInput; deadline: number },
): Measured {
  const measurements = taken.flatMap((one) => ("measurement" in one ? [one.measurement] : []));
  const after = metrics.map((metric) => {
    const mine = measurements.find((one) => one.metric === metric.name);
    return mine ? { ...metric, progress: progressed(metric.progress, mine) } : metric;
  });
  const { phase, message } = assessRun(after);
  if (phase !== "Running" && !metrics.some(({ metric }) => metric.provider.job)) {
    return { ...over(phase, message, outcomesOf(after)), measurements };
  }
  const again = taken.flatMap((one) => ("again" in one ? [{ metric: one.metric, at: one.again }] : []));
  const times = after
    .filter(isRunning)
    .map((metric) => again.find((one) => one.metric === metric.name)?.at ?? nextOf(metric, input));
  const next = phase === "Running" ? Math.min(deadline, ...times) : Date.parse(input.now);
  return { measurements, next: new Date(next).toISOString() };
}

type Ended = { phase: Exclude<VerificationPhase, "Running">; message?: string };

/** The verdict of a run; the Job of a measurement that nobody waits for any more is deleted. */
async function ended(
  deps: MeasureDeps,
  input: MeasureInput,
  metrics: readonly Standing[],
  { phase, message }: Ended,
): Promise<Measured> {
  await Promise.all(
    metrics.filter(isRunning).map((metric) => removeJobOf(deps, input, metric, (metric.progress?.taken ?? 0) + 1)),
  );
  return over(phase, message, outcomesOf(metrics));
}

/** A Job whose measurement stands in the ledger is not needed any more. */
async function removeRecordedJobs(deps: MeasureDeps, input: MeasureInput, metrics: readonly Standing[]): Promise<void> {
  const taken = metrics.filter(({ progress }) => (progress?.taken ?? 0) > 0);
  await Promise.all(taken.map((metric) => removeJobOf(deps, input, metric, metric.progress!.taken)));
}

async function removeJobOf(deps: MeasureDeps, input: MeasureInput, metric: Standing, number: number): Promise<void> {
  if (!metric.metric.provider.job) return;
  const place = await deps.place(input.context.applications);
  if (place) await removeJob(place, jobOf(input.run.run, metric.name, number), input.signal);
}

interface Prepared {
  metrics: Standing[];
  /** Replaces what nobody may see. */
  hide(text: string): string;
}

async function prepare(
  deps: MeasureDeps,
  { spec, run, context }: MeasureInput,
): Promise<Prepared | { problem: string }> {
  const templates = await templatesOf(deps, spec);
  const all = gathered(spec, (name) => templates.get(name));
  const given: GivenArgument[] = [...contextArguments(context)];
  for (const { name, value, valueFrom } of all.args) {
    const ref = valueFrom?.secretKeyRef;
    const found = ref ? await deps.secret(ref) : value;
    if (ref && found === undefined)
      return {
        problem: `the secret ${ref.name} has no key ${ref.key}; give it with: sluice secret set ${ref.name} ${ref.key}`,
      };
    if (found !== undefined) replace(given, { name, value: found, ...(ref && { secret: true }) });
  }
  const { metrics, problems } = ready(all, given);
  const [problem] = [...all.problems, ...problems];
  if (problem) return { problem: problem.message };
  const secrets = given.filter(({ secret }) => secret).map(({ value }) => value);
  return {
    hide: hiding(secrets),
    metrics: metrics.map((metric) => ({
      ...metric,
      name: metric.metric.name,
      progress: run.metrics.find((one) => one.metric === metric.metric.name),
    })),
  };
}

function replace(given: GivenArgument[], argument: GivenArgument): void {
  const at = given.findIndex(({ name }) => name === argument.name);
  if (at < 0) given.push(argument);
  else given[at] = argument;
}

function contextArguments({ pipeline, stage, release }: MeasureInput["context"]): GivenArgument[] {
  const values = { pipeline, stage, release: release.release, alias: release.alias };
  return CONTEXT_ARGUMENTS.map((name) => ({ name, value: values[name] }));
}

/** Templates by name, those that others name included. */
async function templatesOf(deps: MeasureDeps, spec: Verification): Promise<Map<string, AnalysisTemplateSpec>> {
  const found = new Map<string, AnalysisTemplateSpec>();
  const open = (spec.analysisTemplates ?? []).map(({ name }) => name);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const template = found.has(name) ? undefined : await deps.template(name);
    if (!template) continue;
    found.set(name, template);
    open.push(...(template.templates ?? []).map(({ templateName }) => templateName));
  }
  return found;
}
