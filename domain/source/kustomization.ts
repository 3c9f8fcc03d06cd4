/** What a kustomization names that has to be read with it. */
export interface KustomizationReference {
  /** Where it stands, as in `resources[1]`. */
  field: string;
  value: string;
  /** A `resource` is a file or another kustomization's directory, a `config` is either or inline YAML that may name files itself. */
  as: "resource" | "component" | "file" | "patch" | "config";
}

/** Names that a directory's kustomization may have; exactly one of them may be there. */
export const KUSTOMIZATION_FILES = ["kustomization.yaml", "kustomization.yml", "Kustomization"] as const;

type Json = Record<string, unknown>;

const isRecord = (value: unknown): value is Json =>
  value !== null && typeof value === "object" && !Array.isArray(value);
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** Everything that a parsed kustomization reads from its repository, in the order of its fields. */
export function kustomizationReferences(content: unknown): KustomizationReference[] {
  if (!isRecord(content)) return [];
  return [
    ...texts(content, "resources", "resource"),
    ...texts(content, "bases", "resource"),
    ...texts(content, "components", "component"),
    ...texts(content, "crds", "file"),
    ...texts(content, "configurations", "file"),
    ...texts(content, "patchesStrategicMerge", "patch"),
    ...members(content, "patchesJson6902", "path"),
    ...members(content, "patches", "path"),
    ...members(content, "replacements", "path"),
    ...texts(content, "generators", "config"),
    ...texts(content, "transformers", "config"),
    ...texts(content, "validators", "config"),
    ...["configMapGenerator", "secretGenerator"].flatMap((field) =>
      listOf(content[field]).flatMap((generator, index) => generatorFiles(generator, `${field}[${index}]`)),
    ),
    ...(isRecord(content["openapi"]) ? one(content["openapi"]["path"], "openapi.path") : []),
  ];
}

/** What the configuration of a generator or transformer reads itself. */
export function configReferences(content: unknown): KustomizationReference[] {
  if (!isRecord(content)) return [];
  return [
    ...one(content["path"], "path"),
    ...texts(content, "paths", "file"),
    ...texts(content, "crds", "file"),
    ...members(content, "patches", "path"),
    ...members(content, "replacements", "path"),
    ...generatorFiles(content, ""),
  ];
}

/** Why a kustomization is not built at all; undefined when it is. */
export function refusedKustomization(content: unknown): string | undefined {
  if (!isRecord(content)) return undefined;
  const helm = ["helmCharts", "helmChartInflationGenerator", "helmGlobals"].find(
    (field) => content[field] !== undefined,
  );
  if (helm) return `${helm} would run helm and fetch charts; point an application at the chart instead`;
  return undefined;
}

/** Whether a reference names something on another host. kustomize itself takes these forms for one, a local directory of that name or not. */
export function isRemoteReference(value: string): boolean {
  return (
    /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(value) ||
    /^[A-Za-z0-9+.-]+::/.test(value) ||
    /^[\w.-]+@[\w.-]+[:/]/.test(value) ||
    /^(?:www\.)?(?:github\.com|gitlab\.com|bitbucket\.org|ssh\.dev\.azure\.com|dev\.azure\.com)[:/]/i.test(value) ||
    /[?&](?:ref|version|timeout|submodules)=/.test(value) ||
    /\.git(?:$|[/?])/.test(value)
  );
}

function texts(content: Json, field: string, as: KustomizationReference["as"]): KustomizationReference[] {
  return listOf(content[field]).flatMap((value, index) => one(value, `${field}[${index}]`, as));
}

function members(content: Json, field: string, member: string): KustomizationReference[] {
  return listOf(content[field]).flatMap((item, index) =>
    isRecord(item) ? one(item[member], `${field}[${index}].${member}`) : [],
  );
}

function one(value: unknown, field: string, as: KustomizationReference["as"] = "file"): KustomizationReference[] {
  return typeof value === "string" && value !== "" ? [{ field, value, as }] : [];
}

/** `files` are `path` or `key=path`; `envs` and `env` are paths. */
function generatorFiles(generator: unknown, at: string): KustomizationReference[] {
  if (!isRecord(generator)) return [];
  const prefix = at === "" ? "" : `${at}.`;
  const files = listOf(generator["files"]).flatMap((value, index) =>
    typeof value === "string" ? one(value.slice(value.indexOf("=") + 1), `${prefix}files[${index}]`) : [],
  );
  const envs = listOf(generator["envs"]).flatMap((value, index) => one(value, `${prefix}envs[${index}]`));
  return [...files, ...envs, ...one(generator["env"], `${prefix}env`)];
}
