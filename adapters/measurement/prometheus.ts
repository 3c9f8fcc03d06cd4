import type { MeasurementAnswer, MeasurementHttp, MeasurementRequest } from "./http.ts";
import { NotAnswered } from "./http.ts";

/** A query of Prometheus' HTTP API. */
export interface PrometheusQuery {
  /** Without `/api/v1`. */
  address: string;
  query: string;
  /** Milliseconds since 1970; an instant query asks at `end`. */
  end: number;
  /** Present for a range query. */
  range?: { start: number; stepMs: number };
  headers: Record<string, string>;
  timeoutMs: number;
  insecure?: boolean;
  signal: AbortSignal;
}

/** A scalar is a number; a vector its samples' values; a matrix the values of all its series, one series after the other. */
export interface PrometheusResult {
  value: number | number[];
  /** The values as Prometheus writes them. */
  shown: string;
  warnings: string[];
}

/** A series of a day at 15 s is 300 KiB. */
const MAX_BYTES = 8 * 1_048_576;
const MOST_SAMPLES = 50_000;

/** Asks Prometheus. Throws NotAnswered with Prometheus' own words when it refuses or can't tell. */
export async function queryPrometheus(http: MeasurementHttp, asked: PrometheusQuery): Promise<PrometheusResult> {
  const form = new URLSearchParams(parametersOf(asked)).toString();
  const path = `/api/v1/${asked.range ? "query_range" : "query"}`;
  const base = asked.address.replace(/\/+$/, "");
  const { timeoutMs, signal } = asked;
  const shared = { timeoutMs, signal, maxBytes: MAX_BYTES, ...(asked.insecure && { insecure: true }) };
  const posted: MeasurementRequest = {
    ...shared,
    method: "POST",
    url: `${base}${path}`,
    headers: { ...asked.headers, "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
    body: form,
  };
  const answer = await http.ask(posted);
  // Proxies in front of it may let only reading through.
  const refused = answer.status === 405 || answer.status === 501;
  if (!refused) return resultOf(answer);
  const headers = { ...asked.headers, accept: "application/json" };
  return resultOf(await http.ask({ ...shared, method: "GET", url: `${base}${path}?${form}`, headers }));
}

function parametersOf({ query, end, range, timeoutMs }: PrometheusQuery): Record<string, string> {
  const seconds = (ms: number): string => (ms / 1_000).toFixed(3);
  const timeout = `${timeoutMs}ms`;
  if (!range) return { query, time: seconds(end), timeout };
  return { query, start: seconds(range.start), end: seconds(end), step: seconds(range.stepMs), timeout };
}

interface Body {
  status?: unknown;
  data?: { resultType?: unknown; result?: unknown };
  errorType?: unknown;
  error?: unknown;
  warnings?: unknown;
}

function resultOf({ status, text }: MeasurementAnswer): PrometheusResult {
  const body = parsed(text);
  if (body?.status === "error") {
    throw new NotAnswered(`Prometheus says ${String(body.errorType)}: ${String(body.error).slice(0, 1_000)}`);
  }
  if (status < 200 || status > 299) throw new NotAnswered(`it answered with the status ${status}`);
  if (body?.status !== "success" || typeof body.data !== "object")
    throw new NotAnswered("it is no answer of Prometheus");
  const samples = samplesOf(body.data);
  const warnings = Array.isArray(body.warnings) ? body.warnings.map(String) : [];
  if (typeof samples === "string") return { value: numberOf(samples), shown: samples, warnings };
  if (samples.length > MOST_SAMPLES) {
    throw new NotAnswered(`the answer has ${samples.length} samples; ask for ${MOST_SAMPLES} at most`);
  }
  return { value: samples.map(numberOf), shown: `[${samples.join(",")}]`, warnings };
}

function parsed(text: string): Body | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The values of a result as they are written: of a scalar one, else a list. */
function samplesOf({ resultType, result }: NonNullable<Body["data"]>): string | string[] {
  switch (resultType) {
    case "scalar":
      return sampleOf(result);
    case "vector":
      return listOf(result).map((entry) => sampleOf(seriesOf(entry)["value"]));
    case "matrix":
      return listOf(result).flatMap((entry) => listOf(seriesOf(entry)["values"]).map(sampleOf));
    default:
      throw new NotAnswered(`a result of the type ${String(resultType)} can't be measured; ask for a number`);
  }
}

const malformed = (): NotAnswered => new NotAnswered("the answer is not as Prometheus' API documents it");

function listOf(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw malformed();
  return value as unknown[];
}

function seriesOf(entry: unknown): Record<string, unknown> {
  if (typeof entry !== "object" || entry === null) throw malformed();
  if ("histogram" in entry || "histograms" in entry) {
    throw new NotAnswered("a native histogram can't be measured; ask for histogram_quantile or another number of it");
  }
  return entry as Record<string, unknown>;
}

function sampleOf(sample: unknown): string {
  const value: unknown = Array.isArray(sample) && sample.length === 2 ? sample[1] : undefined;
  if (typeof value !== "string") throw malformed();
  return value;
}

function numberOf(text: string): number {
  if (text === "NaN") return Number.NaN;
  if (text === "+Inf" || text === "Inf") return Infinity;
  if (text === "-Inf") return -Infinity;
  if (!/^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(text)) throw malformed();
  return Number(text);
}
