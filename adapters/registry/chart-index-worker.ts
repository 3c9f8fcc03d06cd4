import { parentPort, workerData } from "node:worker_threads";
import { parseDocument } from "yaml";

/** What the thread is given: an index.yaml and the chart that is asked for. */
export interface ChartIndexQuestion {
  text: string;
  name: string;
}

/** The chart's versions, absent when it is not in the index; or what is wrong with the index. */
export interface ChartIndexAnswer {
  versions?: { version: string; digest?: string }[];
  problem?: string;
}

/** Reads an index as Helm writes it (helm.sh/docs/topics/chart_repository). */
export function readChartIndex({ text, name }: ChartIndexQuestion): ChartIndexAnswer {
  // Without aliases, of which an index has none, nothing can grow beyond its text.
  const document = parseDocument(text, { uniqueKeys: false, prettyErrors: false });
  const [error] = document.errors;
  if (error) return { problem: `it is no YAML (${error.code})` };
  const index: unknown = document.toJS({ maxAliasCount: 0 });
  const entries = (index as { entries?: unknown } | null)?.entries;
  if (typeof entries !== "object" || entries === null) return { problem: "it has no entries" };
  const found: unknown = Object.hasOwn(entries, name) ? (entries as Record<string, unknown>)[name] : undefined;
  if (!Array.isArray(found)) return {};
  const versions = (found as ({ version?: unknown; digest?: unknown } | null)[]).flatMap((entry) => {
    if (typeof entry?.version !== "string") return [];
    return [{ version: entry.version, ...(typeof entry.digest === "string" && { digest: entry.digest }) }];
  });
  return { versions };
}

if (parentPort) parentPort.postMessage(readChartIndex(workerData as ChartIndexQuestion));
