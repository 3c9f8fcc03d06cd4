import { createHash } from "node:crypto";
import type { TakenMeasurement } from "../../domain/promotion/command.ts";
import { instantOfExpression, worthOf, type Worth } from "../../domain/verification/condition.ts";
import { ExpressionError } from "../../domain/verification/expr/token.ts";
import { goDuration } from "../../domain/verification/expr/value.ts";
import type { MetricOfRun } from "../../domain/verification/assess.ts";
import type { ReadyMetric } from "../../domain/verification/resolve.ts";
import type { MetricProvider } from "../../schemas/kinds/verification.ts";
import { hiding } from "./hidden.ts";
import type { MeasureInput } from "./measure.ts";
import { healthSays, type ObservedHealth, tooMany } from "./measure-health.ts";
import { type JobPlace, lookAtJob } from "./measure-job.ts";

/** A query of Prometheus' HTTP API. */
export interface AskPrometheus {
  address: string;
  query: string;
  /** Milliseconds since 1970. */
  end: number;
  range?: { start: number; stepMs: number };
  headers: Record<string, string>;
  timeoutMs: number;
  insecure?: boolean;
  signal: AbortSignal;
}

export interface AskWeb {
  method: "GET" | "POST" | "PUT";
  url: string;
  headers: Record<string, string>;
  body?: string | undefined;
  jsonBody?: Record<string, unknown> | undefined;
  jsonPath?: string | undefined;
  timeoutMs: number;
  insecure?: boolean;
  signal: AbortSignal;
}

/** What was measured, or why it could not be. */
export type Found = { value: unknown; shown?: string; warnings?: string[] } | { problem: string };

/** What measuring takes of the world. */
export interface TakeDeps {
  prometheus(query: AskPrometheus): Promise<Found>;
  web(query: AskWeb): Promise<Found>;
  /** Where the Jobs of a stage run: the destination of its first application; undefined when it has none. */
  place(applications: readonly string[]): Promise<JobPlace | undefined>;
  health(
    applications: readonly string[],
    kinds: readonly string[] | undefined,
    signal: AbortSignal,
  ): Promise<ObservedHealth>;
  blobs: { put(text: string): Promise<string> };
}

/** A measurement, or when to look again at one that still runs. */
export type Taken = { metric: string; measurement: TakenMeasurement } | { metric: string; again: number };

interface Task {
  metric: ReadyMetric & MetricOfRun;
  input: MeasureInput;
  /** Milliseconds: the run's end. */
  deadline: number;
  hide(text: string): string;
}

/** What one provider said of one metric. */
type Reading = (Worth & { value?: string; query?: string; log?: string }) | { again: number };

const MOST_TEXT = 1_000;
const PROMETHEUS_SECONDS = 30;
const WEB_SECONDS = 10;
const HEALTH_AGAIN_MS = 10_000;
const MOST_JOB_AGAIN_MS = 30_000;

/** Takes one measurement of a metric. Everything that is kept of it is masked and shortened. */
export function createTake(deps: TakeDeps): (task: Task) => Promise<Taken> {
  return async (task) => {
    const { metric, input } = task;
    const read = await readingOf(deps, task);
    if ("again" in read) return { metric: metric.name, again: read.again };
    const { phase, value, message, query, log } = read;
    const hide = hidingAll(task);
    const kept = (text: string | undefined): string | undefined => text && shortened(hide(text));
    const texts = Object.entries({ value: kept(value), message: kept(message), query: kept(query) });
    const stored = log === undefined ? undefined : await deps.blobs.put(hide(log));
    const number = (metric.progress?.taken ?? 0) + 1;
    return {
      metric: metric.name,
      measurement: {
        ...{ metric: metric.name, number, phase, at: input.now },
        ...Object.fromEntries(texts.filter(([, text]) => text !== undefined)),
        ...(stored !== undefined && { log: stored }),
      },
    };
  };
}

const shortened = (text: string): string => (text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT - 1)}…` : text);

/** Secrets, and what headers hold: an answer may say it back. */
function hidingAll({ metric, hide }: Task): (text: string) => string {
  const { prometheus, web } = metric.metric.provider;
  const headers = [...(prometheus?.headers ?? []), ...(web?.headers ?? [])];
  const { authorization: basic } = basicAuth(prometheus?.authentication);
  const values = [...headers.map(({ value }) => value), ...(basic === undefined ? [] : [basic])];
  const told = hiding(
    values.flatMap((value) => [value, value.replace(/^\w+ +/, "")]).filter((text) => text.length > 7),
  );
  return (text) => told(hide(text));
}

/** Arguments may make an expression that can't be read: then it could not be measured. */
async function readingOf(deps: TakeDeps, task: Task): Promise<Reading> {
  try {
    return await readingBy(deps, task);
  } catch (thrown) {
    if (thrown instanceof ExpressionError) return { phase: "Error", message: thrown.message };
    throw thrown;
  }
}

async function readingBy(deps: TakeDeps, task: Task): Promise<Reading> {
  const { prometheus, web, job, health } = task.metric.metric.provider;
  if (prometheus) return await readPrometheus(deps, task, prometheus);
  if (web) return await readWeb(deps, task, web);
  if (job) return await readJob(deps, task, job);
  return await readHealth(deps, task, health ?? {});
}

type Provider<Name extends keyof MetricProvider> = NonNullable<MetricProvider[Name]>;

const headersOf = (headers: readonly { key: string; value: string }[] = []): Record<string, string> =>
  Object.fromEntries(headers.map(({ key, value }) => [key.toLowerCase(), value]));

async function readPrometheus(
  deps: TakeDeps,
  { metric, input }: Task,
  provider: Provider<"prometheus">,
): Promise<Reading> {
  const { address, query, rangeQuery, timeout = PROMETHEUS_SECONDS, insecure } = provider;
  const now = Date.parse(input.now);
  const range = rangeQuery && {
    start: instantOfExpression(rangeQuery.start ?? "now()", now),
    stepMs: goDuration(rangeQuery.step) ?? 60_000,
  };
  const found = await deps.prometheus({
    ...{ address, query, timeoutMs: timeout * 1_000, signal: input.signal },
    end: rangeQuery?.end === undefined ? now : instantOfExpression(rangeQuery.end, now),
    headers: { ...headersOf(provider.headers), ...basicAuth(provider.authentication) },
    ...(range && { range }),
    ...(insecure && { insecure }),
  });
  return { query, ...valued(found, metric, now) };
}

/** HTTP basic authentication, the one kind of it that Argo Rollouts' template has and needs no other service. */
function basicAuth(authentication: Record<string, unknown> | undefined): Record<string, string> {
  const { basicAuth: basic } = (authentication ?? {}) as { basicAuth?: { username?: string; password?: string } };
  if (!basic?.username) return {};
  const text = `${basic.username}:${basic.password ?? ""}`;
  return { authorization: `Basic ${Buffer.from(text, "utf8").toString("base64")}` };
}

async function readWeb(deps: TakeDeps, { metric, input }: Task, provider: Provider<"web">): Promise<Reading> {
  const { method, url, body, jsonBody, jsonPath, insecure, timeoutSeconds = WEB_SECONDS } = provider;
  const found = await deps.web({
    ...{ method, url, body, jsonBody, jsonPath, timeoutMs: timeoutSeconds * 1_000, signal: input.signal },
    headers: headersOf(provider.headers),
    ...(insecure && { insecure }),
  });
  return { query: `${method} ${withoutUser(url)}`, ...valued(found, metric, Date.parse(input.now)) };
}

const withoutUser = (url: string): string => url.replace(/^(\w+:\/\/)[^/?#@]*@/, "$1");

/** What a found value is worth by the metric's conditions. */
function valued(found: Found, { metric }: ReadyMetric, now: number): Worth & { value?: string } {
  if ("problem" in found) return { phase: "Error", message: found.problem };
  const { phase, message } = worthOf(found.value, metric, now);
  const said = [message, ...(found.warnings ?? []).map((text) => `warning: ${text}`)].filter(
    (text) => text !== undefined,
  );
  return {
    phase,
    value: found.shown ?? shownValue(found.value),
    ...(said.length > 0 && { message: said.join("; ") }),
  };
}

const shownValue = (value: unknown): string =>
  typeof value === "string" ? value : ((JSON.stringify(value) as string | undefined) ?? "null");

/** Name and mark of the Job that is one measurement: the same whoever makes it. */
export function jobOf(run: string, metric: string, number: number): { name: string; mark: string } {
  const mark = `${run}/${metric}/${number}`;
  const digest = createHash("sha256").update(mark).digest("hex").slice(0, 12);
  const readable = metric
    .toLowerCase()
    .replaceAll(/[^a-z\d]+/g, "-")
    .slice(0, 40)
    .replaceAll(/^-+|-+$/g, "");
  return { name: `verify-${readable === "" ? "" : `${readable}-`}${digest}`, mark };
}

async function readJob(deps: TakeDeps, task: Task, provider: Provider<"job">): Promise<Reading> {
  const { metric, input, deadline } = task;
  const place = await deps.place(input.context.applications);
  if (!place) return { phase: "Error", message: "the stage has no application in whose namespace the Job could run" };
  const now = Date.parse(input.now);
  const job = {
    ...jobOf(input.run.run, metric.name, (metric.progress?.taken ?? 0) + 1),
    ...provider.metadata,
    spec: provider.spec,
    deadlineSeconds: Math.max(1, Math.ceil((deadline - now) / 1_000)),
  };
  const look = await lookAtJob(place, job, { now, signal: input.signal });
  const query = `Job ${place.namespace}/${job.name}`;
  if (look.state === "ended") {
    const { phase, message, log } = look;
    return { phase, query, ...(message !== undefined && { message }), ...(log !== undefined && { log }) };
  }
  // The longer it runs, the less often it is looked at, as in Argo Rollouts.
  const pause = Math.sqrt(2 * (look.elapsedMs / 1_000)) * 1_000;
  return { again: now + Math.min(MOST_JOB_AGAIN_MS, Math.max(1_000, pause)) };
}

async function readHealth(deps: TakeDeps, { metric, input }: Task, { kinds }: Provider<"health">): Promise<Reading> {
  const observed = await deps.health(input.context.applications, kinds, input.signal);
  const now = Date.parse(input.now);
  const value = shownValue(summaryOf(observed));
  const { successCondition, failureCondition } = metric.metric;
  if (successCondition !== undefined || failureCondition !== undefined) {
    const worth = worthOf(observed, metric.metric, now);
    const isPartial = worth.phase === "Successful" && (observed.unseen ?? 0) > 0;
    return { ...(isPartial ? tooMany(observed.unseen ?? 0) : worth), value };
  }
  const { phase, message } = healthSays(observed, kinds);
  if (phase === "Running") return { again: now + HEALTH_AGAIN_MS };
  return { phase, value, ...(message !== undefined && { message }) };
}

const summaryOf = ({ applications, objects }: ObservedHealth) => ({
  applications: Object.fromEntries(applications.map(({ name, status }) => [name, status])),
  objects: objects.map(({ kind, name, status, phase }) => [`${kind} ${name}`, phase ?? status]),
});
