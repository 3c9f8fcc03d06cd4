import { firstByJsonPath, JsonPathError } from "../../domain/verification/json-path.ts";
import { type MeasurementHttp, NotAnswered } from "./http.ts";

/** A request whose answer is measured. */
export interface WebQuery {
  method: "GET" | "POST" | "PUT";
  url: string;
  headers: Record<string, string>;
  body?: string | undefined;
  jsonBody?: Record<string, unknown> | undefined;
  /** As in kubectl; the whole answer when absent. */
  jsonPath?: string | undefined;
  timeoutMs: number;
  insecure?: boolean;
  signal: AbortSignal;
}

const MAX_BYTES = 1_048_576;

/**
 * Asks an address and gives what its JSONPath finds first; of an answer that is no JSON the whole text, as Argo Rollouts does. Throws
 * NotAnswered for any status but 2xx, and where the path finds nothing.
 */
export async function queryWeb(http: MeasurementHttp, asked: WebQuery): Promise<unknown> {
  const { method, url, headers, timeoutMs, signal, jsonBody } = asked;
  const body = jsonBody === undefined ? asked.body : JSON.stringify(jsonBody);
  const typed = jsonBody === undefined ? headers : { ...headers, "content-type": "application/json" };
  const { status, text } = await http.ask({
    ...{ method, url, headers: typed, timeoutMs, signal, maxBytes: MAX_BYTES },
    ...(body !== undefined && { body }),
    ...(asked.insecure && { insecure: true }),
  });
  if (status < 200 || status > 299) throw new NotAnswered(`it answered with the status ${status}, not 2xx`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text;
  }
  return asked.jsonPath === undefined ? value : found(asked.jsonPath, value);
}

function found(path: string, value: unknown): unknown {
  try {
    return firstByJsonPath(path, value);
  } catch (thrown) {
    if (thrown instanceof JsonPathError) throw new NotAnswered(`jsonPath ${path}: ${thrown.message}`);
    throw thrown;
  }
}
