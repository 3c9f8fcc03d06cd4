import { hooksOf } from "../../domain/sync/phases.ts";
import type { RawObject } from "../../schemas/artifact.ts";
import { SluiceError, type Problem } from "../../schemas/errors.ts";
import { parseYaml, type YamlDocument, type YamlLimits } from "./yaml.ts";
import { rememberOrigin } from "./origins.ts";
import type { Budget } from "./yaml-value.ts";

/** A text with Kubernetes manifests and what messages call it. */
export interface ManifestText {
  file: string;
  source: Uint8Array | string;
}

export type ManifestLimits = YamlLimits;

/** Most problems that one error lists. */
const MOST_PROBLEMS = 20;

/**
 * The Kubernetes objects of some texts, in order; a `List` is taken apart. Throws `RenderFailed` with file and line of everything that is
 * no object, or `RenderLimit`.
 */
export function parseManifests(texts: readonly ManifestText[], limits: ManifestLimits): RawObject[] {
  const budget: Budget = { nodes: limits.nodes };
  const objects: RawObject[] = [];
  const problems: Problem[] = [];
  for (const { file, source } of texts) {
    for (const document of parseYaml(source, { file, limits, budget })) {
      for (const value of flattened(document.value)) take(value, document, file);
    }
  }
  if (problems.length > 0) throw renderFailed(problems);
  return objects;

  function take(value: unknown, { line }: YamlDocument, file: string): void {
    const message = problemOf(value);
    if (message === undefined) {
      objects.push(value as RawObject);
      rememberOrigin(value as RawObject, { file, line });
    } else if (problems.length < MOST_PROBLEMS) problems.push({ file, line, message });
    if (objects.length > limits.objects) {
      throw new SluiceError("RenderLimit", `The source renders to more than ${limits.objects} objects.`, {
        next: "split the source into several applications",
        problems: [{ file, line, message: `more than ${limits.objects} objects` }],
      });
    }
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** The items of a List, and of Lists in it; anything else as it is. */
function flattened(value: unknown): unknown[] {
  if (!isRecord(value) || typeof value["kind"] !== "string" || !value["kind"].endsWith("List")) return [value];
  return Array.isArray(value["items"]) ? value["items"].flatMap(flattened) : [value];
}

function problemOf(value: unknown): string | undefined {
  if (!isRecord(value)) return `a Kubernetes object was expected, not ${described(value)}`;
  for (const field of ["apiVersion", "kind"]) {
    if (typeof value[field] !== "string" || value[field] === "") return `the object has no ${field}`;
  }
  const metadata = value["metadata"];
  const kind = String(value["kind"]);
  if (!isRecord(metadata)) return `${kind} has no metadata`;
  if (typeof metadata["name"] === "string" && metadata["name"] !== "") return mapProblem(kind, metadata);
  if ("name" in metadata && metadata["name"] !== null && metadata["name"] !== "") {
    return `${kind} has a metadata.name that is ${described(metadata["name"])}, not text: put it in quotes`;
  }
  if (isGeneratedHook(value, metadata)) return mapProblem(kind, metadata);
  return "generateName" in metadata
    ? `${kind} has generateName; only an object with a name can be applied again`
    : `${kind} has no metadata.name`;
}

/** A hook is made anew by each sync, so that its name may be generated; any other object must be found again. */
const isGeneratedHook = (value: Record<string, unknown>, metadata: Record<string, unknown>): boolean =>
  typeof metadata["generateName"] === "string" &&
  metadata["generateName"] !== "" &&
  isRecord(metadata["annotations"]) &&
  hooksOf(value as unknown as RawObject) !== undefined;

function mapProblem(kind: string, metadata: Record<string, unknown>): string | undefined {
  if (
    metadata["namespace"] !== undefined &&
    metadata["namespace"] !== null &&
    typeof metadata["namespace"] !== "string"
  ) {
    return `${kind} has a metadata.namespace that is not text`;
  }
  for (const field of ["labels", "annotations"] as const) {
    const map = metadata[field];
    if (map === undefined || map === null) continue;
    if (!isRecord(map)) return `${kind} has metadata.${field} that is not a map`;
    const [key] = Object.entries(map).find(([, item]) => typeof item !== "string") ?? [];
    if (key !== undefined)
      return `${kind} has metadata.${field}[${JSON.stringify(key)}] that is not text: put it in quotes`;
  }
  return undefined;
}

const described = (value: unknown): string =>
  Array.isArray(value) ? "a list" : typeof value === "string" ? "text" : `a ${typeof value}`;

function renderFailed(problems: Problem[]): SluiceError {
  const [first] = problems;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  return new SluiceError("RenderFailed", `${first!.file}:${first!.line}: ${first!.message}${more}.`, { problems });
}
