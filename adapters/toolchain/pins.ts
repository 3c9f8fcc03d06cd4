/** The programs that Sluice runs: the embedded servers and the renderers. */
export const TOOL_NAMES = [
  "nats-server",
  "kustomize",
  "etcd",
  "temporal",
  "helm",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubectl",
  "kwok",
  "registry",
] as const;

/** The name of one program, as it is called on PATH. */
export type ToolName = (typeof TOOL_NAMES)[number];

/** A program that servers, renderers and simulated clusters take: all but what only tests run. */
export type RunTool = Exclude<ToolName, "registry">;
export const RUN_TOOLS = TOOL_NAMES.filter((name): name is RunTool => name !== "registry");

/** One pinned program: where it is built from, and how one that is already there is recognised. */
export interface ToolPin {
  /** Folder under tools/ whose go.mod and go.sum pin the module and everything below it. */
  family: string;
  /** Main package that `go build` is given. */
  package: string;
  /** Module that the version is of, where the main package is our own. */
  module?: string;
  /** Version without a leading `v`. */
  version: string;
  /** `-X` assignments: without them several of these report a development version to their clients. */
  define: Readonly<Record<string, string>>;
  /** Wall time of a cold build on two cores, in seconds (measured; families share dependencies, so later ones are quicker). */
  estimateSeconds: number;
  /** Variable whose value, an absolute path, takes the place of the pinned program. */
  variable: string;
  /** Arguments that print the version; the first `x.y.z` of what is printed is taken. */
  versionArguments: readonly string[];
  /** What a program on PATH must share with the pin to be used: data formats of servers differ, renderers keep theirs within a minor. */
  fits: "exact" | "minor";
}

const KUBERNETES = "1.36.3";
const COMPONENT = "k8s.io/component-base/version";

function kubernetes(program: string, estimateSeconds: number, more: Partial<ToolPin> = {}): ToolPin {
  return {
    family: "kubernetes",
    package: `k8s.io/kubernetes/cmd/${program}`,
    version: KUBERNETES,
    define: {
      [`${COMPONENT}.gitVersion`]: `v${KUBERNETES}`,
      [`${COMPONENT}.gitMajor`]: "1",
      [`${COMPONENT}.gitMinor`]: "36",
      [`${COMPONENT}.gitTreeState`]: "clean",
    },
    estimateSeconds,
    variable: `SLUICE_${program.toUpperCase().replaceAll("-", "_")}_BIN`,
    versionArguments: ["--version"],
    fits: "exact",
    ...more,
  };
}

/** The one table of pins, in the order in which they are built. */
export const TOOL_PINS: Readonly<Record<ToolName, ToolPin>> = {
  "nats-server": {
    family: "nats-server",
    package: "github.com/nats-io/nats-server/v2",
    version: "2.15.2",
    define: {},
    estimateSeconds: 30,
    variable: "SLUICE_NATS_SERVER_BIN",
    versionArguments: ["--version"],
    fits: "exact",
  },
  kustomize: {
    family: "kustomize",
    package: "sigs.k8s.io/kustomize/kustomize/v5",
    version: "5.8.1",
    define: { "sigs.k8s.io/kustomize/api/provenance.version": "v5.8.1" },
    estimateSeconds: 15,
    variable: "SLUICE_KUSTOMIZE_BIN",
    versionArguments: ["version"],
    fits: "minor",
  },
  etcd: {
    family: "etcd",
    package: "go.etcd.io/etcd/server/v3",
    version: "3.7.3",
    define: {},
    estimateSeconds: 25,
    variable: "SLUICE_ETCD_BIN",
    versionArguments: ["--version"],
    fits: "exact",
  },
  temporal: {
    family: "temporal",
    package: "github.com/temporalio/cli/cmd/temporal",
    version: "1.5.1",
    define: { "github.com/temporalio/cli/temporalcli.Version": "1.5.1" },
    estimateSeconds: 140,
    variable: "SLUICE_TEMPORAL_BIN",
    versionArguments: ["--version"],
    fits: "exact",
  },
  helm: {
    family: "helm",
    package: "helm.sh/helm/v4/cmd/helm",
    version: "4.3.1",
    define: { "helm.sh/helm/v4/internal/version.version": "v4.3.1" },
    estimateSeconds: 110,
    variable: "SLUICE_HELM_BIN",
    versionArguments: ["version", "--short"],
    fits: "minor",
  },
  "kube-apiserver": kubernetes("kube-apiserver", 250),
  "kube-controller-manager": kubernetes("kube-controller-manager", 70),
  "kube-scheduler": kubernetes("kube-scheduler", 15),
  kubectl: kubernetes("kubectl", 25, { versionArguments: ["version", "--client"], fits: "minor" }),
  kwok: {
    family: "kwok",
    package: "sigs.k8s.io/kwok/cmd/kwok",
    version: "0.8.0",
    define: {},
    estimateSeconds: 65,
    variable: "SLUICE_KWOK_BIN",
    versionArguments: ["--version"],
    fits: "exact",
  },
  // With a main package of our own, which leaves out the clouds' storage: that halves its build.
  registry: {
    family: "registry",
    package: "sluice.dev/tools/registry",
    module: "github.com/distribution/distribution/v3",
    version: "3.0.0",
    define: { "github.com/distribution/distribution/v3/version.version": "v3.0.0" },
    estimateSeconds: 50,
    variable: "SLUICE_REGISTRY_BIN",
    versionArguments: ["--version"],
    fits: "exact",
  },
};
