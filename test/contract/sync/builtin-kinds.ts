import type { RawObject } from "../../../schemas/artifact.ts";

const labels = { app: "web" };
const container = {
  name: "web",
  image: "registry.example/web:1",
  ports: [{ containerPort: 8080 }, { containerPort: 9090, name: "metrics", protocol: "TCP" }],
  env: [
    { name: "A", value: "1" },
    { name: "B", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
  ],
  envFrom: [{ configMapRef: { name: "settings" } }],
  resources: { requests: { cpu: "0.5", memory: "1024Mi" }, limits: { memory: "1Gi" } },
  readinessProbe: { httpGet: { path: "/", port: 8080 } },
  securityContext: {},
  volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
};
const pod = {
  metadata: { labels },
  spec: {
    containers: [container],
    volumes: [
      { name: "tmp", emptyDir: {} },
      { name: "all", projected: { sources: [{ configMap: { name: "settings" } }] } },
    ],
    securityContext: {},
    tolerations: [{ key: "dedicated", operator: "Exists" }],
  },
};
const once = { ...pod, spec: { ...pod.spec, restartPolicy: "Never" } };
const meta = (name: string, namespace?: string) => ({ name, ...(namespace === undefined ? {} : { namespace }) });

/** One object of each common built-in kind, written as people write them: with much left to the defaults. */
export const builtinKinds = (namespace: string): RawObject[] => [
  {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { ...meta("web"), annotations: { note: "kept" }, labels },
    spec: { replicas: 2, strategy: {}, selector: { matchLabels: labels }, template: pod },
  },
  {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: meta("db"),
    spec: {
      serviceName: "db",
      selector: { matchLabels: labels },
      template: pod,
      volumeClaimTemplates: [
        {
          metadata: { name: "data" },
          spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
        },
      ],
    },
  },
  {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: meta("agent"),
    spec: { selector: { matchLabels: labels }, template: pod },
  },
  { apiVersion: "batch/v1", kind: "Job", metadata: meta("once"), spec: { template: { spec: once.spec } } },
  {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: meta("nightly"),
    spec: { schedule: "0 3 * * *", jobTemplate: { spec: { template: { spec: once.spec } } } },
  },
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: meta("web"),
    spec: {
      selector: labels,
      ports: [
        { port: 80, targetPort: 8080 },
        { port: 81, name: "metrics" },
      ].map(named),
    },
  },
  {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: meta("web"),
    spec: {
      rules: [
        {
          host: "web.example",
          http: {
            paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "web", port: { number: 80 } } } }],
          },
        },
      ],
    },
  },
  {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: meta("settings"),
    data: { a: "1", b: "two\nlines" },
    binaryData: {},
  },
  {
    apiVersion: "v1",
    kind: "Secret",
    metadata: meta("password"),
    data: { token: Buffer.from("canary-data-value").toString("base64") },
    stringData: { password: "canary-string-value" },
  },
  {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: meta("data"),
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1024Mi" } } },
  },
  { apiVersion: "v1", kind: "ServiceAccount", metadata: meta("web") },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "Role",
    metadata: meta("reader"),
    rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }],
  },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    metadata: meta("reader"),
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "reader" },
    subjects: [{ kind: "ServiceAccount", name: "web" }],
  },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: meta(`reader-${namespace}`),
    rules: [{ apiGroups: [""], resources: ["nodes"], verbs: ["get"] }],
  },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: meta(`reader-${namespace}`),
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: `reader-${namespace}` },
    subjects: [{ kind: "ServiceAccount", name: "web", namespace }],
  },
  {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: meta("web"),
    spec: {
      minReplicas: 2,
      maxReplicas: 5,
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
      metrics: [
        { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } } },
      ],
    },
  },
  {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: meta("web"),
    spec: { minAvailable: 1, selector: { matchLabels: labels } },
  },
  {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: meta("web"),
    spec: {
      podSelector: { matchLabels: labels },
      ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 8080 }] }],
    },
  },
  {
    apiVersion: "v1",
    kind: "ResourceQuota",
    metadata: meta("limit"),
    spec: { hard: { pods: "100", "requests.cpu": "10000m" } },
  },
];

const named = <Port extends object>(port: Port) => ({ name: "http", ...port });

/** A CRD of its own group, and an object of its kind. */
export const crdAndObject = (group: string, more: { defaulted?: unknown } = {}): RawObject[] => [
  {
    apiVersion: `${group}/v1`,
    kind: "Widget",
    metadata: meta("one"),
    spec: {
      size: 1,
      parts: [{ name: "a", weight: 1 }, { name: "b" }],
      tags: ["x", "y"],
      free: { any: { thing: [1] } },
    },
  },
  {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: meta(`widgets.${group}`),
    spec: {
      group,
      scope: "Namespaced",
      names: { plural: "widgets", singular: "widget", kind: "Widget" },
      versions: [
        { name: "v1", served: true, storage: true, schema: { openAPIV3Schema: widgetSchema(more.defaulted) } },
      ],
    },
  },
];

const widgetSchema = (colour: unknown = "red") => ({
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        size: { type: "integer" },
        colour: { type: "string", default: colour },
        parts: {
          type: "array",
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["name"],
          items: {
            type: "object",
            required: ["name"],
            properties: { name: { type: "string" }, weight: { type: "integer", default: 5 } },
          },
        },
        tags: { type: "array", "x-kubernetes-list-type": "set", items: { type: "string" } },
        free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
      },
    },
  },
});
