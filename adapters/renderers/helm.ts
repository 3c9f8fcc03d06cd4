import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { HelmSource } from "../../schemas/kinds/source.ts";
import { stringifyRaw } from "../../schemas/raw-json.ts";
import type { ChartPaths } from "./chart-paths.ts";
import type { Rendering } from "./rendering.ts";
import { runTool } from "./tool-process.ts";

/**
 * Runs `helm template` on the scratch directory. Its homes and plugin directory are empty, dependencies and value files are local files
 * that were collected before, and there is no cluster for it to ask.
 */
export async function runHelm(rendering: Rendering, paths: ChartPaths): Promise<Uint8Array> {
  const { scratch, collected, limits } = rendering;
  const home = join(scratch.own, "home");
  await mkdir(join(home, "plugins"), { recursive: true });
  const dir = join(scratch.source, collected.root);
  return runTool(
    {
      name: "helm",
      path: rendering.tools.helm,
      args: await helmArguments(rendering),
      cwd: dir,
      env: {
        ...rendering.environment,
        HOME: home,
        HELM_CACHE_HOME: join(home, "cache"),
        HELM_CONFIG_HOME: join(home, "config"),
        HELM_DATA_HOME: join(home, "data"),
        HELM_PLUGINS: join(home, "plugins"),
        KUBECONFIG: "/dev/null",
        TMPDIR: scratch.own,
      },
      limits,
      named: (said) => paths(said).replaceAll("/own/values.yaml", "spec.source.helm.values"),
      ...(rendering.signal ? { signal: rendering.signal } : {}),
    },
    rendering,
  );
}

/** Values low to high: value files, then `values` or `valuesObject`, then parameters. */
async function helmArguments(rendering: Rendering): Promise<string[]> {
  const { scratch, collected, source, application } = rendering;
  const options: HelmSource = source.helm ?? {};
  const values = collected.valueFiles.map((path) => join(scratch.source, path));
  const block = options.valuesObject ? stringifyRaw(options.valuesObject) : options.values;
  if (block !== undefined && block.trim() !== "") {
    const path = join(scratch.own, "values.yaml");
    await writeFile(path, block, { mode: 0o600, flag: "wx" });
    values.push(path);
  }
  return [
    "template",
    ".",
    `--name-template=${literalName(options.releaseName ?? application)}`,
    `--namespace=${options.namespace ?? rendering.namespace}`,
    ...(options.skipCrds ? [] : ["--include-crds"]),
    ...(options.skipTests ? ["--skip-tests"] : []),
    ...(options.skipSchemaValidation ? ["--skip-schema-validation"] : []),
    ...versionArguments(options, rendering),
    ...values.map((path) => `--values=${oneOfList(path)}`),
    ...(options.parameters ?? []).map(
      ({ name, value, forceString }) => `--set${forceString ? "-string" : ""}=${name}=${escaped(value)}`,
    ),
  ];
}

function versionArguments(options: HelmSource, rendering: Rendering): string[] {
  const kubeVersion = options.kubeVersion ?? rendering.kubeVersion;
  const apiVersions = options.apiVersions ?? rendering.apiVersions ?? [];
  return [
    ...(kubeVersion === undefined ? [] : [`--kube-version=${kubeVersion}`]),
    ...apiVersions.map((version) => `--api-versions=${oneOfList(version)}`),
  ];
}

/**
 * `--values` and `--api-versions` take a line of CSV: a comma in a file's name would make two files of it, the second one anywhere on
 * the machine. In quotes it is one.
 */
const oneOfList = (text: string): string => `"${text.replaceAll('"', '""')}"`;

/** `--name-template` is a Go template: a name must not be one. */
const literalName = (name: string): string => (name.includes("{{") ? `{{ ${JSON.stringify(name)} }}` : name);

/** A comma parts values for `--set` unless it is escaped or inside of `{a,b}`, as Argo CD has it. */
const escaped = (value: string): string =>
  value.startsWith("{") && value.endsWith("}") ? value : value.replaceAll(/(?<!\\),/g, "\\,");
