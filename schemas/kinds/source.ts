import { z } from "zod";

const StringMap = z.record(z.string(), z.string());

export const DirectorySource = z
  .strictObject({
    recurse: z.boolean().optional().describe("Read subdirectories too."),
    include: z.string().optional().describe("Glob of the files to read, such as `*.yaml` or `{a,b}/*.yaml`."),
    exclude: z.string().optional().describe("Glob of the files to leave out; it wins over include."),
  })
  .describe("A directory of plain YAML or JSON manifests.");

export const KustomizeSource = z
  .strictObject({
    namePrefix: z.string().optional(),
    nameSuffix: z.string().optional(),
    namespace: z.string().optional(),
    images: z
      .array(z.string())
      .optional()
      .describe("Overrides such as `nginx=registry.example/nginx:1.27`, `nginx:1.27` or `nginx@sha256:…`."),
    replicas: z.array(z.strictObject({ name: z.string(), count: z.union([z.int(), z.string()]) })).optional(),
    commonLabels: StringMap.optional(),
    commonAnnotations: StringMap.optional(),
    labelWithoutSelector: z.boolean().optional(),
    components: z.array(z.string()).optional(),
    patches: z
      .array(
        z.strictObject({
          path: z.string().optional(),
          patch: z.string().optional(),
          target: z.record(z.string(), z.string()).optional(),
          options: z.record(z.string(), z.boolean()).optional(),
        }),
      )
      .optional(),
  })
  .describe("Kustomize overrides, laid over the directory's own kustomization.");

export const HelmSource = z
  .strictObject({
    releaseName: z.string().optional().describe("Defaults to the application's name."),
    valueFiles: z.array(z.string()).optional().describe("Relative to the chart; `/` is the root of the repository."),
    ignoreMissingValueFiles: z.boolean().optional(),
    values: z.string().optional().describe("Values as a block of YAML."),
    valuesObject: z.record(z.string(), z.unknown()).optional().describe("Values as an object; wins over values."),
    parameters: z
      .array(
        z.strictObject({
          name: z.string(),
          value: z.string(),
          forceString: z.boolean().optional(),
        }),
      )
      .optional(),
    namespace: z.string().optional(),
    kubeVersion: z.string().optional(),
    apiVersions: z.array(z.string()).optional(),
    skipCrds: z.boolean().optional(),
    skipTests: z.boolean().optional(),
    skipSchemaValidation: z.boolean().optional(),
  })
  .describe(
    "Options for `helm template`. Order, low to high: chart defaults, valueFiles, values or valuesObject, parameters.",
  );

export const Source = z
  .strictObject({
    repoURL: z.string().min(1).describe("Address of the Git repository, https or ssh."),
    path: z.string().default(".").describe("Directory in the repository; never leaves it."),
    targetRevision: z.string().default("HEAD").describe("Branch, tag, commit, `HEAD`, or a semver range over tags."),
    submodules: z
      .boolean()
      .optional()
      .describe(
        "Read Git submodules as part of the repository, each at the commit that it is pinned to. The Project's sourceRepos must allow their addresses; at most 3 levels deep and 32 of them.",
      ),
    directory: DirectorySource.optional(),
    kustomize: KustomizeSource.optional(),
    helm: HelmSource.optional(),
  })
  .refine((source) => [source.directory, source.kustomize, source.helm].filter(Boolean).length <= 1, {
    message: "only one of directory, kustomize and helm may be set",
  });

export type DirectorySource = z.output<typeof DirectorySource>;
export type KustomizeSource = z.output<typeof KustomizeSource>;
export type HelmSource = z.output<typeof HelmSource>;
/** A source with its defaults filled in. */
export type Source = z.output<typeof Source>;
