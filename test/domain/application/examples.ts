import type { Configuration, EndOperation, Outcome, StartOperation } from "../../../domain/application/command.ts";
import type { ClusterChanged } from "../../../schemas/messages.ts";
import type { ActionCounts, Trigger } from "../../../schemas/operation.ts";

export const counts: ActionCounts = {
  create: 1,
  update: 0,
  recreate: 0,
  unchanged: 0,
  prune: 0,
  refused: 0,
  failed: 0,
};

export const trigger: Trigger = { type: "push", actor: { kind: "webhook", name: "github" }, cause: "delivery-1" };

export const configuration = (path = "guestbook"): Configuration => ({
  spec: {
    project: "default",
    source: { repoURL: "https://git.example/team/apps.git", path, targetRevision: "main" },
    destination: { name: "prod", namespace: "guestbook" },
    syncPolicy: {
      syncOptions: [],
      timeout: "10m",
      automated: { enabled: true, prune: true, selfHeal: true, allowEmpty: false },
    },
    revisionHistoryLimit: 10,
  },
  labels: { team: "one" },
  annotations: {},
});

export const start = (operation: string, more: Partial<StartOperation> = {}): StartOperation => ({
  type: "StartOperation",
  operation,
  kind: "sync",
  trigger,
  requestedAt: "2026-01-01T00:00:00Z",
  at: "2026-01-01T00:00:01Z",
  revision: "c0ffee",
  sourceDigest: "source-1",
  artifact: "artifact-1",
  cluster: "prod",
  plan: "plan-1",
  counts,
  resources: ["apps/v1/deployments"],
  inventory: `begun-${operation}`,
  ...more,
});

export const success = (inventory = "inventory-1"): Outcome => ({
  result: "Succeeded",
  counts,
  inventory,
  report: "report-1",
  health: "Healthy",
  refused: [],
});

export const end = (operation: string, outcome: Outcome, more: Partial<EndOperation> = {}): EndOperation => ({
  type: "EndOperation",
  operation,
  kind: "sync",
  trigger,
  durationMs: 1_000,
  outcome,
  ...more,
});

export const observation = (more: Partial<ClusterChanged> = {}): ClusterChanged => ({
  type: "cluster.changed",
  cluster: "prod",
  application: "guestbook",
  health: "Healthy",
  unhealthy: [],
  drifted: [],
  inventory: "inventory-1",
  observedAt: "2026-01-01T00:01:00Z",
  ...more,
});
