import { matchGlob } from "../../domain/source/glob.ts";
import {
  chartDependencies,
  externalSchemaReferences,
  isVendored,
  localDependencyPath,
  type ChartDependency,
} from "../../domain/source/helm-chart.ts";
import { joinRepoPath, nameOf, parentOf } from "../../domain/source/repo-path.ts";
import { SluiceError, type ErrorCode } from "../../schemas/errors.ts";
import type { Source } from "../../schemas/kinds/source.ts";
import type { Picked } from "./collect.ts";
import type { RenderLimits } from "./limits.ts";
import { unpack } from "./packed-chart.ts";
import { MOST_PLAN_BYTES, type Place, type SourceReader } from "./source-reader.ts";
import { parseYaml } from "./yaml.ts";

/** Deepest chain of `file://` dependencies. */
const MOST_LEVELS = 10;

interface Walk {
  reader: SourceReader;
  limits: RenderLimits;
}

/** Everything that `helm template` of a chart reads in the repository: the chart, its `file://` dependencies, the value files. */
export async function collectHelm(source: Source, root: Place, walk: Walk): Promise<Picked> {
  await collectChart(root.path, walk, []);
  if (source.helm?.skipSchemaValidation !== true) await checkSchemas(walk);
  const valueFiles: string[] = [];
  for (const [index, file] of (source.helm?.valueFiles ?? []).entries()) {
    valueFiles.push(...(await valueFile(file, index, { ...walk, source, root: root.path })));
  }
  return { valueFiles };
}

async function collectChart(dir: string, walk: Walk, above: readonly string[]): Promise<void> {
  const file = joinRepoPath(dir, "Chart.yaml")!;
  if (above.includes(dir)) throw problem("RenderFailed", file, "the chart's file:// dependencies go in a circle");
  if (above.length > MOST_LEVELS) {
    throw problem("RenderLimit", file, `file:// dependencies are nested deeper than ${MOST_LEVELS} levels`);
  }
  const chart = await walk.reader.file(file);
  if (chart?.entry.type !== "blob") throw problem("RenderFailed", file, "there is no Chart.yaml");
  await walk.reader.directory(dir, { recursive: true });
  for (const dependency of await dependenciesOf(dir, chart, walk)) {
    await collectDependency(dependency, dir, walk, [...above, dir]);
  }
}

async function dependenciesOf(dir: string, chart: Place, walk: Walk): Promise<ChartDependency[]> {
  const listed = chartDependencies(await parse(chart, walk));
  const requirements = await walk.reader.file(joinRepoPath(dir, "requirements.yaml")!);
  return requirements?.entry.type === "blob"
    ? [...listed, ...chartDependencies(await parse(requirements, walk))]
    : listed;
}

async function parse(place: Place, { reader, limits }: Walk): Promise<unknown> {
  return parseYaml(await reader.bytes(place, MOST_PLAN_BYTES), { file: place.path, limits })[0]?.value;
}

/** Dependencies are never fetched: each is vendored in `charts/`, or is a directory of the same repository. */
async function collectDependency(
  dependency: ChartDependency,
  dir: string,
  walk: Walk,
  above: readonly string[],
): Promise<void> {
  if (await isInCharts(dependency, dir, walk.reader)) return;
  const file = joinRepoPath(dir, "Chart.yaml")!;
  const local = localDependencyPath(dependency);
  if (local === undefined) {
    const message = `the dependency ${dependency.name} is not in charts/; it is not fetched`;
    throw problem("RenderFailed", file, message, "run `helm dependency build` and commit charts/");
  }
  const path = local.startsWith("/") ? undefined : joinRepoPath(dir, local);
  if (path === undefined)
    throw problem("SourceRefused", file, `the dependency ${dependency.name} leaves the repository`);
  const place = await walk.reader.follow(path);
  if (place?.entry.type !== "tree") {
    throw problem("RenderFailed", file, `the dependency ${dependency.name} is not at ${path} of the repository`);
  }
  await collectChart(place.path, walk, above);
  const link = /^[^/]+$/.test(dependency.name) ? joinRepoPath(dir, `charts/${dependency.name}`) : undefined;
  if (link === undefined || nameOf(link) !== dependency.name) {
    throw problem("RenderFailed", file, `${JSON.stringify(dependency.name.slice(0, 200))} cannot be a chart's name`);
  }
  walk.reader.links.set(link, place.path);
}

async function isInCharts({ name }: ChartDependency, dir: string, reader: SourceReader): Promise<boolean> {
  const charts = joinRepoPath(dir, "charts")!;
  if ((await reader.follow(charts))?.entry.type !== "tree") return false;
  const prefix = charts.length + 1;
  return [...reader.files.keys(), ...reader.links.keys()].some(
    (path) => path.startsWith(`${charts}/`) && isVendored(name, path.slice(prefix).split("/")[0]!),
  );
}

/** A values schema may not have helm fetch or open anything else. */
async function checkSchemas({ reader, limits }: Walk): Promise<void> {
  for (const path of reader.files.keys()) {
    const packed = /(?:^|\/)charts\/[^/._][^/]*\.tgz$/.test(path);
    if (nameOf(path) !== SCHEMA && !packed) continue;
    const place = await reader.follow(path);
    if (!place) continue;
    const bytes = await reader.bytes(place);
    if (packed) await checkPacked(path, bytes, limits, 0);
    else checkSchema(path, bytes);
  }
}

const SCHEMA = "values.schema.json";

function checkSchema(path: string, bytes: Uint8Array): void {
  const [outside] = externalSchemaReferences(parseSchema(path, bytes));
  if (outside === undefined) return;
  const message = `the schema refers to ${JSON.stringify(outside.slice(0, 200))}, which is outside of it`;
  throw problem("SourceRefused", path, message, "put the definition into the schema, or set skipSchemaValidation");
}

/** Helm reads the schemas in packed charts too, and in charts that are packed in them. */
async function checkPacked(path: string, archive: Uint8Array, limits: RenderLimits, level: number): Promise<void> {
  if (level > MOST_LEVELS) throw problem("RenderLimit", path, `charts are packed deeper than ${MOST_LEVELS} levels`);
  const files = await unpack(archive, limits.totalBytes).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : "it is no archive";
    throw problem("RenderFailed", path, `the packed chart can't be read: ${why}`, "run `helm dependency build` again");
  });
  for (const { path: inner, bytes } of files) {
    if (nameOf(inner) === SCHEMA) checkSchema(`${path}:${inner}`, bytes);
    else if (/(?:^|\/)charts\/[^/._][^/]*\.tgz$/.test(inner)) {
      await checkPacked(`${path}:${inner}`, bytes, limits, level + 1);
    }
  }
}

/** A schema is JSON, for helm too. */
function parseSchema(path: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8")) as unknown;
  } catch {
    throw problem("RenderFailed", path, "it is not JSON");
  }
}

async function valueFile(
  file: string,
  index: number,
  { reader, source, root }: Walk & { source: Source; root: string },
): Promise<string[]> {
  const field = `spec.source.helm.valueFiles[${index}]`;
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(file) || file.startsWith("$")) {
    throw problem("SourceRefused", field, `${JSON.stringify(file.slice(0, 200))} is not a file of the repository`);
  }
  const path = joinRepoPath(file.startsWith("/") ? "" : root, file);
  if (path === undefined) throw problem("SourceRefused", field, `${JSON.stringify(file)} leaves the repository`);
  const place = await reader.file(path);
  if (place?.entry.type === "blob") return [place.path];
  const matched = /[*?[{]/.test(file) ? await matching(path, reader) : [];
  if (matched.length > 0 || source.helm?.ignoreMissingValueFiles === true) return matched;
  throw problem("RenderFailed", field, `${path} is not a file of the repository at this revision`);
}

/** The files that a glob of value files fits, sorted by path. */
async function matching(pattern: string, reader: SourceReader): Promise<string[]> {
  const fixed = parentOf(pattern.slice(0, pattern.search(/[*?[{]/)) + "x");
  const found = await reader.directory(fixed, { recursive: true, wanted: (path) => matchGlob(pattern, path, "/") });
  return found.map(({ place }) => place.path);
}

function problem(code: ErrorCode, file: string, message: string, next?: string): SluiceError {
  const more = next === undefined ? {} : { next };
  return new SluiceError(code, `${file}: ${message}.`, { ...more, problems: [{ file, message, ...more }] });
}
