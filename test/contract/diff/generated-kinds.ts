import fc from "fast-check";
import type { RawObject } from "../../../schemas/artifact.ts";
import {
  constant,
  cpu,
  intOrPercent,
  maybe,
  memory,
  oneOf,
  podSpec,
  portNumber,
  record,
  selected,
  selector,
  strings,
  template,
  text,
  word,
  words,
} from "./generated-pods.ts";

/** Objects of every built-in kind that people keep in Git, written in all the ways in which they write the same thing. */

const workload = (more: Record<string, fc.Arbitrary<unknown>>) =>
  record({ selector, template: template(), ...more }).map((spec) => ({ spec }));
const rules = fc.array(
  record({
    apiGroups: oneOf<unknown>([""], ["apps", ""]),
    resources: words(),
    verbs: oneOf<unknown>(["get"], ["*"], ["watch", "list"]),
  }),
  { maxLength: 3 },
);
const webhook = (kind: string) => [
  {
    name: "check.example.com",
    clientConfig: { url: "https://127.0.0.1:9/never" },
    rules: [{ apiGroups: ["never.example"], apiVersions: ["v1"], operations: ["CREATE"], resources: ["things"] }],
    admissionReviewVersions: ["v1"],
    sideEffects: "None",
    ...(kind === "Mutating" ? { reinvocationPolicy: "Never" } : {}),
  },
];

type Made = fc.Arbitrary<Record<string, unknown>>;
interface Kind {
  apiVersion: string;
  cluster?: true;
  body: Made;
}

const KINDS: Record<string, Kind> = {
  Deployment: {
    apiVersion: "apps/v1",
    body: workload({
      replicas: maybe(fc.integer({ min: 0, max: 3 })),
      strategy: maybe(
        fc.oneof<fc.Arbitrary<unknown>[]>(
          constant({}),
          constant({ type: "Recreate" }),
          record({
            type: constant("RollingUpdate"),
            rollingUpdate: record({ maxSurge: constant(1), maxUnavailable: maybe(intOrPercent) }),
          }),
        ),
      ),
      minReadySeconds: maybe(constant(0)),
    }),
  },
  StatefulSet: {
    apiVersion: "apps/v1",
    body: workload({
      serviceName: constant("db"),
      updateStrategy: maybe(oneOf({}, { rollingUpdate: { partition: 0 } })),
      volumeClaimTemplates: maybe(
        memory.map((storage) => [
          {
            metadata: { name: "data" },
            spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage } } },
          },
        ]),
      ),
    }),
  },
  DaemonSet: { apiVersion: "apps/v1", body: workload({ updateStrategy: maybe(constant({ type: "OnDelete" })) }) },
  ReplicaSet: { apiVersion: "apps/v1", body: workload({ replicas: maybe(constant(0)) }) },
  Job: {
    apiVersion: "batch/v1",
    body: record({
      template: template(oneOf("Never", "OnFailure")),
      backoffLimit: maybe(constant(6)),
      suspend: constant(true),
    }).map((spec) => ({ spec })),
  },
  CronJob: {
    apiVersion: "batch/v1",
    body: record({
      schedule: constant("0 3 * * *"),
      concurrencyPolicy: maybe(oneOf("Allow", "Forbid")),
      jobTemplate: template(constant("Never")).map((made) => ({ spec: { template: made } })),
    }).map((spec) => ({ spec })),
  },
  Pod: { apiVersion: "v1", body: podSpec(maybe(constant("Always"))).map((spec) => ({ spec })) },
  PodTemplate: { apiVersion: "v1", body: template().map((made) => ({ template: made })) },
  ReplicationController: {
    apiVersion: "v1",
    body: record({ replicas: maybe(constant(0)), selector: constant(selected), template: template() }).map((spec) => ({
      spec,
    })),
  },
  Service: {
    apiVersion: "v1",
    body: record({
      selector: maybe(strings),
      type: maybe(oneOf("ClusterIP")),
      sessionAffinity: maybe(constant("None")),
      ports: fc.uniqueArray(portNumber, { minLength: 1, maxLength: 4 }).chain((numbers) =>
        fc.tuple(
          ...numbers.map((port) =>
            record({
              name: constant(`p${port}`),
              port: constant(port),
              protocol: maybe(oneOf("TCP")),
              targetPort: maybe(oneOf<unknown>("http", 8080)),
            }),
          ),
        ),
      ),
    }).map((spec) => ({ spec })),
  },
  Endpoints: {
    apiVersion: "v1",
    body: constant({ subsets: [{ addresses: [{ ip: "10.9.9.9" }, { ip: "10.9.9.8" }], ports: [{ port: 80 }] }] }),
  },
  EndpointSlice: {
    apiVersion: "discovery.k8s.io/v1",
    body: constant({
      addressType: "IPv4",
      endpoints: [{ addresses: ["10.9.9.9"], conditions: {} }],
      ports: [{ name: "x", port: 80 }],
    }),
  },
  Ingress: {
    apiVersion: "networking.k8s.io/v1",
    body: words().map((hosts) => ({
      spec: {
        tls: [{ hosts: hosts.map((host) => `${host}.example`), secretName: "tls" }],
        rules: hosts.map((host) => ({
          host: `${host}.example`,
          http: {
            paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "web", port: { number: 80 } } } }],
          },
        })),
      },
    })),
  },
  IngressClass: {
    apiVersion: "networking.k8s.io/v1",
    cluster: true,
    body: constant({ spec: { controller: "example.com/x" } }),
  },
  NetworkPolicy: {
    apiVersion: "networking.k8s.io/v1",
    body: record({
      podSelector: oneOf<unknown>({}, { matchLabels: selected }),
      policyTypes: maybe(oneOf<unknown>(["Ingress"], ["Ingress", "Egress"])),
      ingress: maybe(
        oneOf<unknown>(
          [],
          [{}],
          [{ from: [{ podSelector: {} }], ports: [{ port: 8080 }, { port: "http", protocol: "UDP" }] }],
        ),
      ),
    }).map((spec) => ({ spec })),
  },
  ConfigMap: {
    apiVersion: "v1",
    body: record({
      data: maybe(fc.dictionary(word, text, { maxKeys: 4 })),
      binaryData: maybe(oneOf({}, { b: "AAE=" })),
      immutable: maybe(oneOf(false)),
    }),
  },
  Secret: {
    apiVersion: "v1",
    body: record({
      type: maybe(constant("Opaque")),
      data: maybe(
        fc.dictionary(
          word,
          text.map((value) => Buffer.from(value).toString("base64")),
          { maxKeys: 3 },
        ),
      ),
      stringData: maybe(fc.dictionary(word, text, { maxKeys: 3 })),
    }),
  },
  PersistentVolumeClaim: {
    apiVersion: "v1",
    body: memory.map((storage) => ({ spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage } } } })),
  },
  PersistentVolume: {
    apiVersion: "v1",
    cluster: true,
    body: memory.map((storage) => ({
      spec: { accessModes: ["ReadWriteOnce"], capacity: { storage }, hostPath: { path: "/data" } },
    })),
  },
  StorageClass: {
    apiVersion: "storage.k8s.io/v1",
    cluster: true,
    body: record({
      provisioner: constant("example.com/x"),
      parameters: maybe(strings),
      allowVolumeExpansion: maybe(fc.boolean()),
    }),
  },
  CSIDriver: {
    apiVersion: "storage.k8s.io/v1",
    cluster: true,
    body: oneOf({ spec: {} }, { spec: { attachRequired: false } }),
  },
  PriorityClass: { apiVersion: "scheduling.k8s.io/v1", cluster: true, body: constant({ value: 1000 }) },
  RuntimeClass: {
    apiVersion: "node.k8s.io/v1",
    cluster: true,
    body: constant({ handler: "runc", overhead: { podFixed: { cpu: "0.25", memory: "0.5Gi" } } }),
  },
  ServiceAccount: {
    apiVersion: "v1",
    body: record({
      automountServiceAccountToken: maybe(fc.boolean()),
      imagePullSecrets: maybe(words().map((names) => names.map((name) => ({ name })))),
    }),
  },
  Role: { apiVersion: "rbac.authorization.k8s.io/v1", body: rules.map((each) => ({ rules: each })) },
  ClusterRole: {
    apiVersion: "rbac.authorization.k8s.io/v1",
    cluster: true,
    body: rules.map((each) => ({ rules: each })),
  },
  RoleBinding: {
    apiVersion: "rbac.authorization.k8s.io/v1",
    body: words().map((names) => ({
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "reader" },
      subjects: names.map((name, at) => (at === 0 ? { kind: "ServiceAccount", name } : { kind: "User", name })),
    })),
  },
  ClusterRoleBinding: {
    apiVersion: "rbac.authorization.k8s.io/v1",
    cluster: true,
    body: constant({
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
      subjects: [{ kind: "ServiceAccount", name: "web", namespace: "default" }],
    }),
  },
  HorizontalPodAutoscaler: {
    apiVersion: "autoscaling/v2",
    body: record({
      maxReplicas: constant(5),
      minReplicas: maybe(fc.integer({ min: 1, max: 5 })),
      scaleTargetRef: constant({ apiVersion: "apps/v1", kind: "Deployment", name: "web" }),
      metrics: maybe(
        constant([
          { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } } },
          { type: "Resource", resource: { name: "memory", target: { type: "AverageValue", averageValue: "0.5Gi" } } },
        ]),
      ),
      behavior: maybe(oneOf({}, { scaleDown: { stabilizationWindowSeconds: 60 } })),
    }).map((spec) => ({ spec })),
  },
  PodDisruptionBudget: {
    apiVersion: "policy/v1",
    body: record({ selector, minAvailable: intOrPercent }).map((spec) => ({ spec })),
  },
  ResourceQuota: {
    apiVersion: "v1",
    body: fc.tuple(cpu, memory).map(([cores, bytes]) => ({
      // Far above all that the tests make.
      spec: {
        hard: { pods: "1000", "limits.cpu": `${parseFloat(String(cores))}000000`, "count/things.example": bytes },
      },
    })),
  },
  LimitRange: {
    apiVersion: "v1",
    body: oneOf(
      { spec: { limits: [{ type: "PersistentVolumeClaim", min: { storage: "1" } }] } },
      { spec: { limits: [] } },
    ),
  },
  Lease: {
    apiVersion: "coordination.k8s.io/v1",
    body: constant({ spec: { holderIdentity: "x", leaseDurationSeconds: 15 } }),
  },
  ValidatingWebhookConfiguration: {
    apiVersion: "admissionregistration.k8s.io/v1",
    cluster: true,
    body: constant({ webhooks: webhook("Validating") }),
  },
  MutatingWebhookConfiguration: {
    apiVersion: "admissionregistration.k8s.io/v1",
    cluster: true,
    body: constant({ webhooks: webhook("Mutating") }),
  },
  ValidatingAdmissionPolicy: {
    apiVersion: "admissionregistration.k8s.io/v1",
    cluster: true,
    body: constant({
      spec: {
        matchConstraints: {
          resourceRules: [
            { apiGroups: ["never.example"], apiVersions: ["v1"], operations: ["CREATE"], resources: ["things"] },
          ],
        },
        validations: [{ expression: "true" }],
      },
    }),
  },
  FlowSchema: {
    apiVersion: "flowcontrol.apiserver.k8s.io/v1",
    cluster: true,
    body: constant({
      spec: {
        priorityLevelConfiguration: { name: "workload-low" },
        rules: [
          {
            subjects: [{ kind: "User", user: { name: "nobody" } }],
            nonResourceRules: [{ verbs: ["get"], nonResourceURLs: ["/never"] }],
          },
        ],
      },
    }),
  },
  Namespace: { apiVersion: "v1", cluster: true, body: constant({}) },
};

/** The kinds there are. */
export const GENERATED_KINDS = Object.keys(KINDS);

/** One object of each kind, their names made of a suffix. */
export const oneOfEachKind = (suffix: string): fc.Arbitrary<RawObject[]> =>
  fc.tuple(
    ...Object.entries(KINDS).map(([kind, { apiVersion, cluster, body }]) =>
      fc
        .tuple(body, strings, fc.dictionary(word, text, { maxKeys: 2 }))
        .map(([rest, labels, annotations]): RawObject => {
          const name = `${kind.toLowerCase()}-${suffix}`;
          return {
            apiVersion,
            kind,
            metadata: { name: cluster ? `generated-${name}` : name, labels, annotations },
            ...rest,
          };
        }),
    ),
  );
