import type { Metric } from "../../schemas/kinds/verification.ts";
import { goDuration } from "./expr/value.ts";

/** How a metric is counted, its arguments filled in and its defaults as Argo Rollouts documents them. */
export interface Counting {
  /** Measurements that are no errors; undefined goes on until something else ends it. */
  count: number | undefined;
  /** Negative: failures don't count. */
  failureLimit: number;
  inconclusiveLimit: number;
  consecutiveErrorLimit: number;
  /** 0: not asked for. */
  consecutiveSuccessLimit: number;
  intervalMs: number | undefined;
  initialDelayMs: number;
}

/** After an error it is measured again this soon, as in Argo Rollouts. */
export const ERROR_RETRY_MS = 10_000;

/** How a metric is counted, or what in it is no number and no duration: a list of problems, each with its field. */
export function countingOf(metric: Metric): Counting | { problems: { field: string; message: string }[] } {
  const problems: { field: string; message: string }[] = [];
  const whole = (
    field: "count" | "failureLimit" | "inconclusiveLimit" | "consecutiveErrorLimit" | "consecutiveSuccessLimit",
    otherwise: number,
  ): number => {
    const given = metric[field];
    if (given === undefined) return otherwise;
    const text = String(given).trim();
    if (/^-?\d{1,9}$/.test(text)) return Number(text);
    problems.push({ field, message: `expected a whole number, got ${JSON.stringify(given)}` });
    return otherwise;
  };
  const time = (field: "interval" | "initialDelay"): number | undefined => {
    const given = metric[field];
    if (given === undefined || given === "") return undefined;
    const ms = goDuration(given);
    if (ms !== undefined && ms >= 0) return ms;
    problems.push({ field, message: `expected a duration such as 30s or 5m, got ${JSON.stringify(given)}` });
    return undefined;
  };
  const intervalMs = time("interval");
  const count = whole("count", 0);
  const counting: Counting = {
    count: count > 0 ? count : intervalMs === undefined ? 1 : undefined,
    failureLimit: whole("failureLimit", 0),
    inconclusiveLimit: whole("inconclusiveLimit", 0),
    consecutiveErrorLimit: whole("consecutiveErrorLimit", 4),
    consecutiveSuccessLimit: whole("consecutiveSuccessLimit", 0),
    intervalMs,
    initialDelayMs: time("initialDelay") ?? 0,
  };
  problems.push(...contradictions(counting));
  return problems.length > 0 ? { problems } : counting;
}

function contradictions(counting: Counting): { field: string; message: string }[] {
  const { count, intervalMs, failureLimit, inconclusiveLimit, consecutiveErrorLimit, consecutiveSuccessLimit } =
    counting;
  const found: { field: string; message: string }[] = [];
  if (count !== undefined && count > 1 && intervalMs === undefined) {
    found.push({ field: "interval", message: "must be given when count is more than 1" });
  }
  if (count !== undefined && failureLimit > count) {
    found.push({ field: "failureLimit", message: "is more than count: it could never be passed" });
  }
  if (count !== undefined && inconclusiveLimit > count) {
    found.push({ field: "inconclusiveLimit", message: "is more than count: it could never be passed" });
  }
  for (const [field, value] of Object.entries({ inconclusiveLimit, consecutiveErrorLimit, consecutiveSuccessLimit })) {
    if (value < 0) found.push({ field, message: "must not be negative" });
  }
  if (failureLimit < 0 && consecutiveSuccessLimit === 0) {
    found.push({ field: "failureLimit", message: "may be negative only together with consecutiveSuccessLimit" });
  }
  return found;
}
