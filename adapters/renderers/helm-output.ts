import type { RawObject } from "../../schemas/artifact.ts";
import type { ChartPaths } from "./chart-paths.ts";
import type { ManifestText } from "./manifests.ts";

/** Helm's hooks that a sync maps to its own; objects with none but others are never applied (tests and rollback hooks). */
const MAPPED = new Set([
  "crd-install",
  "pre-install",
  "pre-upgrade",
  "post-install",
  "post-upgrade",
  "pre-delete",
  "post-delete",
]);

/** The templates of a chart's output, each by the name that helm writes above it, as the repository has it. */
export function templatesOf(output: string, paths: ChartPaths): ManifestText[] {
  const parts = output.split(/^---[ \t]*(?:#.*)?$/m);
  return parts.map((source) => {
    const named = /^# Source: (.+)$/m.exec(source)?.[1]?.trim();
    return { file: named === undefined ? "helm template" : paths(named), source };
  });
}

/** Leaves out what Argo CD leaves out: objects whose every helm hook is one that a sync does not know. */
export function withoutUnmappedHooks(objects: readonly RawObject[]): RawObject[] {
  return objects.filter((object) => {
    const hook = object.metadata.annotations?.["helm.sh/hook"];
    return hook === undefined || hook.split(",").some((name) => MAPPED.has(name.trim()));
  });
}
