import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { health, isWellOnceApplied, worst } from "../../../domain/health/health.ts";
import type { RawObject } from "../../../schemas/artifact.ts";
import { HEALTH_ORDER, type HealthStatus } from "../../../schemas/operation.ts";

const object = (
  apiVersion: string,
  kind: string,
  spec: unknown,
  status: unknown,
  metadata: object = {},
): RawObject => ({
  apiVersion,
  kind,
  metadata: { name: "x", generation: 2, ...metadata },
  spec,
  status,
});
const condition = (type: string, status: string, more: object = {}) => ({ type, status, ...more });
type Case = [what: string, expected: HealthStatus, spec: unknown, status: unknown, metadata?: object];

const cases = (apiVersion: string, kind: string, all: Case[]): void => {
  describe(kind, () => {
    test.each(all)("%s: %s", (_what, expected, spec, status, metadata) => {
      const found = health(object(apiVersion, kind, spec, status, metadata));
      expect(found.status).toBe(expected);
      if (expected === "Healthy") expect(found.message).toBeUndefined();
      else expect(found.message).toMatch(/\w/);
    });
  });
};

const seen = { observedGeneration: 2 };
const rolledOut = { ...seen, replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 };

cases("apps/v1", "Deployment", [
  ["no controller has seen it", "Progressing", { replicas: 3 }, undefined],
  ["its newest generation is not observed", "Progressing", { replicas: 3 }, { ...rolledOut, observedGeneration: 1 }],
  ["rolled out", "Healthy", { replicas: 3 }, rolledOut],
  ["scaled to nothing", "Healthy", { replicas: 0 }, seen],
  ["not all updated", "Progressing", { replicas: 3 }, { ...rolledOut, updatedReplicas: 2 }],
  ["old replicas still there", "Progressing", { replicas: 3 }, { ...rolledOut, replicas: 4 }],
  ["not all available", "Progressing", { replicas: 3 }, { ...rolledOut, availableReplicas: 2 }],
  ["one replica by default", "Progressing", {}, { ...seen, replicas: 0 }],
  [
    "past its progress deadline",
    "Degraded",
    { replicas: 3 },
    {
      ...rolledOut,
      updatedReplicas: 1,
      conditions: [condition("Progressing", "False", { reason: "ProgressDeadlineExceeded" })],
    },
  ],
  ["paused", "Suspended", { replicas: 3, paused: true }, undefined],
  [
    "replicas can't be created yet",
    "Progressing",
    { replicas: 3 },
    { ...seen, conditions: [condition("ReplicaFailure", "True", { message: "exceeded quota" })] },
  ],
]);

const revisions = { currentRevision: "b", updateRevision: "b" };
cases("apps/v1", "StatefulSet", [
  ["no controller has seen it", "Progressing", { replicas: 1 }, undefined],
  ["all ready on the newest revision", "Healthy", { replicas: 3 }, { ...rolledOut, ...revisions }],
  ["not all ready", "Progressing", { replicas: 3 }, { ...rolledOut, ...revisions, readyReplicas: 2 }],
  ["some on the old revision", "Progressing", { replicas: 3 }, { ...rolledOut, ...revisions, currentRevision: "a" }],
  [
    "updated down to its partition",
    "Healthy",
    { replicas: 3, updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 2 } } },
    { ...rolledOut, updatedReplicas: 1, currentRevision: "a", updateRevision: "b" },
  ],
  [
    "not yet updated down to its partition",
    "Progressing",
    { replicas: 3, updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 1 } } },
    { ...rolledOut, updatedReplicas: 1, currentRevision: "a", updateRevision: "b" },
  ],
  [
    "updated by hand only",
    "Healthy",
    { replicas: 3, updateStrategy: { type: "OnDelete" } },
    { ...rolledOut, currentRevision: "a", updateRevision: "b" },
  ],
]);

const onNodes = { ...seen, desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2 };
cases("apps/v1", "DaemonSet", [
  ["no controller has seen it", "Progressing", {}, undefined],
  ["on all nodes", "Healthy", {}, onNodes],
  ["no node wants it", "Healthy", {}, seen],
  ["not all updated", "Progressing", {}, { ...onNodes, updatedNumberScheduled: 1 }],
  ["not all available", "Progressing", {}, { ...onNodes, numberAvailable: 1 }],
  [
    "updated by hand only",
    "Healthy",
    { updateStrategy: { type: "OnDelete" } },
    { ...onNodes, updatedNumberScheduled: 0 },
  ],
]);

cases("apps/v1", "ReplicaSet", [
  ["available", "Healthy", { replicas: 1 }, { ...seen, availableReplicas: 1 }],
  ["not available", "Progressing", { replicas: 1 }, seen],
  ["can't create pods", "Degraded", { replicas: 1 }, { ...seen, conditions: [condition("ReplicaFailure", "True")] }],
]);

const ready = [condition("Ready", "True")];
const waiting = (reason: string) => ({
  phase: "Pending",
  containerStatuses: [{ name: "c", state: { waiting: { reason } } }],
});
cases("v1", "Pod", [
  ["just made", "Progressing", {}, {}],
  ["pending", "Progressing", {}, { phase: "Pending" }],
  [
    "not scheduled",
    "Progressing",
    {},
    { phase: "Pending", conditions: [condition("PodScheduled", "False", { message: "no node" })] },
  ],
  ["running and ready", "Healthy", {}, { phase: "Running", conditions: ready }],
  ["running and not ready", "Progressing", {}, { phase: "Running", conditions: [condition("Ready", "False")] }],
  ["succeeded", "Healthy", { restartPolicy: "Never" }, { phase: "Succeeded" }],
  ["failed", "Degraded", { restartPolicy: "Never" }, { phase: "Failed", message: "evicted" }],
  ["wrong image", "Degraded", {}, waiting("ImagePullBackOff")],
  ["image can't be pulled", "Degraded", {}, waiting("ErrImagePull")],
  ["bad configuration", "Degraded", {}, waiting("CreateContainerConfigError")],
  ["crashing", "Degraded", {}, waiting("CrashLoopBackOff")],
  ["starting", "Progressing", {}, waiting("ContainerCreating")],
  [
    "an init container crashes",
    "Degraded",
    {},
    { phase: "Pending", initContainerStatuses: waiting("CrashLoopBackOff").containerStatuses },
  ],
  [
    "started again",
    "Degraded",
    {},
    { phase: "Running", containerStatuses: [{ name: "c", lastState: { terminated: { reason: "OOMKilled" } } }] },
  ],
  ["running to its end", "Progressing", { restartPolicy: "Never" }, { phase: "Running", conditions: ready }],
  [
    "ended with a code",
    "Degraded",
    { restartPolicy: "Never" },
    { phase: "Failed", containerStatuses: [{ name: "c", state: { terminated: { exitCode: 3 } } }] },
  ],
]);

cases("batch/v1", "Job", [
  ["active", "Progressing", {}, { active: 1 }],
  ["complete", "Healthy", {}, { conditions: [condition("Complete", "True")] }],
  ["failed", "Degraded", {}, { conditions: [condition("Failed", "True", { message: "BackoffLimitExceeded" })] }],
  ["about to fail", "Degraded", {}, { conditions: [condition("FailureTarget", "True")] }],
  ["suspended", "Suspended", { suspend: true }, { conditions: [condition("Suspended", "True")] }],
]);

cases("v1", "PersistentVolumeClaim", [
  ["bound", "Healthy", {}, { phase: "Bound" }],
  ["pending", "Progressing", {}, { phase: "Pending" }],
  ["lost", "Degraded", {}, { phase: "Lost" }],
  ["of a phase nobody knows", "Unknown", {}, { phase: "Strange" }],
]);

const address = { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } };
cases("v1", "Service", [
  ["inside the cluster", "Healthy", { type: "ClusterIP" }, { loadBalancer: {} }],
  ["a load balancer without an address", "Progressing", { type: "LoadBalancer" }, { loadBalancer: {} }],
  ["a load balancer with one", "Healthy", { type: "LoadBalancer" }, address],
]);
cases("networking.k8s.io/v1", "Ingress", [
  ["without an address", "Progressing", {}, { loadBalancer: {} }],
  ["with one", "Healthy", {}, address],
]);

cases("apiextensions.k8s.io/v1", "CustomResourceDefinition", [
  ["just made", "Progressing", {}, undefined],
  ["installing", "Progressing", {}, { conditions: [condition("Established", "False", { reason: "Installing" })] }],
  [
    "established",
    "Healthy",
    {},
    { conditions: [condition("NamesAccepted", "True"), condition("Established", "True")] },
  ],
  ["names taken", "Degraded", {}, { conditions: [condition("NamesAccepted", "False", { message: "taken" })] }],
  ["not established", "Degraded", {}, { conditions: [condition("Established", "False", { reason: "Bad" })] }],
]);

cases("example.com/v1", "Widget", [
  ["says nothing", "Healthy", {}, undefined],
  ["ready", "Healthy", {}, { conditions: ready }],
  ["not ready", "Progressing", {}, { conditions: [condition("Ready", "False", { message: "waiting for a disk" })] }],
  ["not known whether ready", "Progressing", {}, { conditions: [condition("Ready", "Unknown")] }],
  ["reconciling", "Progressing", {}, { conditions: [condition("Reconciling", "True"), ...ready] }],
  ["stalled", "Degraded", {}, { conditions: [condition("Stalled", "True", { reason: "BadSpec" }), ...ready] }],
  ["not observed", "Progressing", {}, { observedGeneration: 1, conditions: ready }],
  ["observed", "Healthy", {}, { observedGeneration: 2, conditions: ready }],
]);

test("an object that is gone is Missing, one being deleted Progressing with what holds it", () => {
  expect(health(undefined).status).toBe("Missing");
  const metadata = { deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: ["a.example/x", "b.example/y"] };
  expect(health(object("v1", "ConfigMap", undefined, undefined, metadata))).toEqual({
    status: "Progressing",
    message: "it is being deleted and held by a.example/x, b.example/y",
  });
});

test("a kind of the same name in another group goes by its conditions", () => {
  expect(health(object("example.com/v1", "Service", { type: "LoadBalancer" }, {})).status).toBe("Healthy");
});

test("messages of conditions reach the reader", () => {
  const stalled = object(
    "example.com/v1",
    "Widget",
    {},
    { conditions: [condition("Stalled", "True", { message: "no such image" })] },
  );
  expect(health(stalled).message).toBe("no such image");
});

test("the worst of several, whatever their order, and Healthy of none", () => {
  expect(worst([])).toBe("Healthy");
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...HEALTH_ORDER), { minLength: 1 }), (statuses) => {
      const index = Math.max(...statuses.map((status) => HEALTH_ORDER.indexOf(status)));
      expect(worst(statuses)).toBe(HEALTH_ORDER[index]);
    }),
  );
});

test("kinds that are well once they exist", () => {
  expect(isWellOnceApplied({ group: "", kind: "ConfigMap" })).toBe(true);
  expect(isWellOnceApplied({ group: "example.com", kind: "ConfigMap" })).toBe(false);
  expect(isWellOnceApplied({ group: "apps", kind: "Deployment" })).toBe(false);
});

const kinds = fc.constantFrom(
  ["apps/v1", "Deployment"],
  ["apps/v1", "StatefulSet"],
  ["apps/v1", "DaemonSet"],
  ["apps/v1", "ReplicaSet"],
  ["v1", "Pod"],
  ["batch/v1", "Job"],
  ["v1", "PersistentVolumeClaim"],
  ["v1", "Service"],
  ["networking.k8s.io/v1", "Ingress"],
  ["apiextensions.k8s.io/v1", "CustomResourceDefinition"],
  ["example.com/v1", "Widget"],
);
const words = fc.constantFrom(
  "conditions",
  "type",
  "status",
  "phase",
  "containerStatuses",
  "state",
  "waiting",
  "reason",
  "lastState",
  "terminated",
  "loadBalancer",
  "ingress",
  "observedGeneration",
  "replicas",
  "updateStrategy",
  "rollingUpdate",
  "partition",
  "message",
);
const leaf = fc.oneof(
  fc.constantFrom<unknown>(
    "True",
    "False",
    "Ready",
    "Running",
    "Failed",
    "Err",
    "",
    null,
    0,
    -1,
    1e308,
    NaN,
    Infinity,
    12345678901234567890n,
  ),
  fc.anything(),
);
const { shape } = fc.letrec<{ shape: unknown }>((tie) => ({
  shape: fc.oneof(
    { maxDepth: 5, depthSize: "small" },
    leaf,
    fc.array(tie("shape"), { maxLength: 3 }),
    fc.dictionary(words, tie("shape"), { maxKeys: 4 }),
  ),
}));

test("any shape of any kind has a health and never throws", () => {
  fc.assert(
    fc.property(kinds, shape, shape, shape, ([apiVersion, kind], spec, status, metadata) => {
      const found = health({ apiVersion, kind, metadata, spec, status } as RawObject);
      expect(HEALTH_ORDER).toContain(found.status);
    }),
    { numRuns: 2_000 },
  );
  for (const nonsense of [null, 5, "x", [], {}, { metadata: null }, { kind: {}, apiVersion: [] }]) {
    expect(HEALTH_ORDER).toContain(health(nonsense as never).status);
  }
});
