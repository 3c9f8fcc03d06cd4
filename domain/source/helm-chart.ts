/** A chart that another one needs. */
export interface ChartDependency {
  name: string;
  /** Empty when it is expected in `charts/`. */
  repository: string;
}

type Json = Record<string, unknown>;
const isRecord = (value: unknown): value is Json =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** The dependencies that a parsed Chart.yaml (or the requirements.yaml of an old chart) names. */
export function chartDependencies(content: unknown): ChartDependency[] {
  const listed = isRecord(content) ? content["dependencies"] : undefined;
  if (!Array.isArray(listed)) return [];
  return listed
    .filter(isRecord)
    .flatMap(({ name, repository }) =>
      typeof name === "string" && name !== ""
        ? [{ name, repository: typeof repository === "string" ? repository : "" }]
        : [],
    );
}

/** The directory of a `file://` dependency, relative to the chart; undefined for any other. */
export const localDependencyPath = ({ repository }: ChartDependency): string | undefined =>
  repository.startsWith("file://") ? repository.slice("file://".length) : undefined;

/** Whether a file name in `charts/` is the packed or unpacked chart of that name. */
export function isVendored(name: string, entry: string): boolean {
  return entry === name || (entry.startsWith(`${name}-`) && entry.endsWith(".tgz")) || entry === `${name}.tgz`;
}

/** References of a values schema that would be read from outside of it: everything but `#…`. */
export function externalSchemaReferences(schema: unknown): string[] {
  const found: string[] = [];
  const open: unknown[] = [schema];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (Array.isArray(next)) for (const item of next) open.push(item);
    else if (isRecord(next)) {
      for (const [key, value] of Object.entries(next)) {
        const reference = /^\$(?:ref|dynamicRef|recursiveRef)$/.test(key) && typeof value === "string";
        if (reference && !value.startsWith("#")) found.push(value);
        const dialect = key === "$schema" && typeof value === "string";
        if (dialect && !/^https?:\/\/json-schema\.org\//.test(value)) found.push(value);
        if (value !== null && typeof value === "object") open.push(value);
      }
    }
  }
  return found;
}
