import type { DomainEvent } from "../schemas/events/index.ts";
import { ApplicationSpec } from "../schemas/kinds/application.ts";
import { applicationObject } from "./applications.ts";

/** Who and when, of every append of the benchmarks. */
export const META = {
  at: "2026-01-01T00:00:00.000Z",
  actor: { kind: "webhook", name: "bench" },
  cause: "0123456789abcdef0123456789abcdef01234567",
} as const;

const digest = (index: number): string => index.toString(16).padStart(64, "a");
const COUNTS = { create: 0, update: 1, recreate: 0, unchanged: 1, prune: 0, refused: 0, failed: 0 };

const ran = (operation: number) =>
  ({
    operation: `op-${operation}`,
    kind: "sync",
    trigger: { type: "push", actor: META.actor, cause: META.cause },
    revision: digest(operation).slice(0, 40),
    sourceDigest: digest(operation),
    artifact: digest(operation),
  }) as const;

/** The first event of an application. */
export function created(index: number): DomainEvent {
  const { spec } = applicationObject(index, "https://git.example/bench.git", false) as { spec: unknown };
  return { type: "ApplicationCreated", data: { spec: ApplicationSpec.parse(spec), labels: {}, annotations: {} } };
}

/** What one append records in an application's life: in turns that a sync started, and that it succeeded. */
export function eventsOf(index: number): DomainEvent[] {
  const round = Math.floor(index / 1_000);
  const operation = Math.floor(round / 2) * 1_000 + (index % 1_000);
  if (round % 2 === 1) {
    const data = {
      ...ran(operation),
      cluster: "bench",
      plan: digest(operation),
      counts: COUNTS,
      resources: ["apps/v1/deployments", "v1/configmaps"],
      inventory: digest(operation),
      requestedAt: META.at,
    };
    return [{ type: "OperationStarted", data }];
  }
  const data = {
    ...ran(operation),
    counts: COUNTS,
    inventory: digest(operation),
    report: digest(operation),
    health: "Healthy" as const,
    refused: [],
    durationMs: 150,
  };
  return [{ type: "SyncSucceeded", data }];
}
