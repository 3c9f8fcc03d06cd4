import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { StoredNotificationSpec } from "../../../schemas/events/notification.ts";
import { KINDS } from "../../../schemas/kinds/index.ts";
import fc from "fast-check";
import type { z } from "zod";
import { EVENTS } from "../../../schemas/events/index.ts";
import type { DomainEvent, RecordedEvent } from "../../../schemas/events/index.ts";
import { AGGREGATES } from "../../../schemas/ids.ts";
import type { AggregateRef, AggregateType } from "../../../schemas/ids.ts";
import { ApplicationSpec } from "../../../schemas/kinds/application.ts";
import { ProjectSpec } from "../../../schemas/kinds/project.ts";
import { ResourceCustomizationSpec } from "../../../schemas/kinds/resource-customization.ts";
import { StoredRepositorySpec } from "../../../schemas/events/configuration.ts";
import { fromSchema } from "./from-schema.ts";

/** A specification to build application events with. */
export const spec = ApplicationSpec.parse({
  source: { repoURL: "https://git.example/shop.git", path: "deploy" },
  destination: { name: "prod", namespace: "shop" },
});
export const counts = { create: 0, update: 0, recreate: 0, unchanged: 2, prune: 0, refused: 0, failed: 0 };
export const trigger = { type: "push", actor: { kind: "webhook", name: "github" }, cause: "d-1" } as const;
/** What every event of an operation holds. */
export const ran = (operation: string) => ({
  operation,
  kind: "sync" as const,
  trigger,
  revision: `commit-${operation}`,
  sourceDigest: `source-${operation}`,
  artifact: `artifact-${operation}`,
});

/** Events of one aggregate as the ledger returns them, a second and a sequence apart. */
export function recorded(aggregate: AggregateRef, events: readonly DomainEvent[], first = 1): RecordedEvent[] {
  return events.map((event, index) => ({
    aggregate,
    event,
    sequence: first + index,
    index: 0,
    at: new Date(Date.UTC(2026, 0, 1, 0, 0, first + index)).toISOString(),
    actor: { kind: "system", name: "test" },
    cause: "test",
  }));
}

const operation = fc.constantFrom("op-1", "op-2", "op-3");
const health = fc.constantFrom("Healthy", "Suspended", "Progressing", "Unknown", "Missing", "Degraded");
const digest = fc.constantFrom("d1", "d2", "d3");
const number = fc.nat({ max: 3 });
const noted = fc.array(
  fc.record({ object: digest, reason: digest, message: digest }, { requiredKeys: ["object", "reason"] }),
  {
    maxLength: 2,
  },
);
const someCounts = fc.record({
  ...{
    create: number,
    update: number,
    recreate: number,
    unchanged: number,
    prune: number,
    refused: number,
    failed: number,
  },
});
/** Few, so that they meet. */
const glass = fc.constantFrom("glass-1", "glass-2");
const base = {
  operation,
  kind: fc.constantFrom("sync", "rollback", "refresh", "delete"),
  trigger: fc.constant(trigger),
};
const optional = { revision: digest, sourceDigest: digest, artifact: digest };
/** Labels with keys that a JavaScript object would put in another place. */
const labels = fc.dictionary(fc.constantFrom("team", "1", "a"), digest, { noNullPrototype: true });
const deliveries = fc.array(
  fc.record({ delivery: digest, intakeSequence: fc.nat({ max: 20 }), ref: digest, receivedAt: digest }),
  { maxLength: 2 },
);

const withRan = (required: Record<string, fc.Arbitrary<unknown>>, more: Record<string, fc.Arbitrary<unknown>> = {}) => {
  const needed = { ...base, ...required };
  return fc.record({ ...needed, ...optional, ...more }, { requiredKeys: Object.keys(needed) as never[] });
};
const durationMs = number;
const configuration = (specs: fc.Arbitrary<unknown>) => fc.record({ spec: specs, labels, annotations: labels });

const NOTIFICATION = StoredNotificationSpec.parse({
  service: { webhook: { url: "https://chat.example/hook" } },
  triggers: ["rolled-back"],
});

const data: Record<string, Record<string, fc.Arbitrary<unknown>>> = {
  application: {
    ApplicationCreated: configuration(fc.constant(spec)),
    ApplicationUpdated: configuration(fc.constant({ ...spec, project: "other" })),
    ApplicationDeleted: fc.record({ cascade: fc.boolean() }),
    OperationStarted: withRan({
      ...{ cluster: digest, plan: digest, counts: someCounts, resources: fc.array(digest), inventory: digest },
    }),
    SyncSucceeded: withRan({
      ...{ counts: someCounts, inventory: digest, report: digest, health, refused: noted, durationMs },
    }),
    SyncFailed: withRan(
      {
        code: fc.constantFrom("RenderFailed", "ClusterUnavailable", "?"),
        message: digest,
        failures: noted,
        durationMs,
      },
      { counts: someCounts, inventory: digest, report: digest, health },
    ),
    SyncSuperseded: withRan({ by: digest, durationMs }, { inventory: digest }),
    SyncTerminated: withRan({ by: fc.constant({ kind: "user", name: "ada" }), durationMs }, { inventory: digest }),
    SyncTimedOut: withRan(
      { limitSeconds: number, waitingFor: noted, durationMs },
      { inventory: digest, report: digest },
    ),
    ComparisonRecorded: withRan({
      ...{
        sync: fc.constantFrom("Synced", "OutOfSync"),
        health,
        counts: someCounts,
        plan: digest,
        differing: noted,
        durationMs,
      },
    }),
    ComparisonFailed: withRan({ code: fc.constantFrom("Timeout", "RenderFailed"), message: digest, durationMs }),
    HealthChanged: fc.record({ from: health, to: health, objects: noted }),
    DriftDetected: fc.record({
      inventory: digest,
      objects: fc.array(
        fc.record({
          object: digest,
          uid: fc.constant(null),
          change: fc.constant("modified"),
          managers: fc.array(digest),
        }),
        { maxLength: 2 },
      ),
    }),
    DriftResolved: fc.record({ inventory: digest }),
    RemediationRequested: fc.record({ operation, objects: fc.constant([]), at: digest }),
    FlappingDetected: fc.record({
      ...{
        objects: fc.array(digest),
        managers: fc.array(digest),
        count: number,
        windowSeconds: number,
        nextAt: digest,
      },
    }),
    BreakGlassStarted: fc.record({
      ...{ id: glass, startedAt: digest, until: digest, reason: digest, people: fc.array(digest, { maxLength: 2 }) },
      ...{ by: fc.constant({ kind: "user", name: "ada" }), then: fc.constantFrom("PutBack", "Commit") },
    }),
    BreakGlassExtended: fc.record({ id: glass, until: digest, by: fc.constant({ kind: "user", name: "ada" }) }),
    BreakGlassEnded: fc.record({
      ...{
        id: glass,
        why: fc.constantFrom("Expired", "Ended"),
        by: fc.constant({ kind: "user", name: "ada" }),
        at: digest,
      },
    }),
    ManualChangeRecorded: fc.record({
      ...{ id: glass, object: digest, change: fc.constantFrom("modified", "restored"), at: digest },
      ...{ fields: fc.constant([{ path: ".a", was: "1" }]), authors: fc.constant([]) },
    }),
    BreakGlassResolved: fc.record({ id: glass, how: fc.constantFrom("PutBack", "Refused", "Unchanged") }),
  },
  project: {
    ProjectCreated: configuration(fc.constant(ProjectSpec.parse({}))),
    ProjectUpdated: configuration(fc.constant(ProjectSpec.parse({ description: "x" }))),
    ProjectDeleted: fc.record({}),
  },
  cluster: {
    ClusterCreated: configuration(fc.constant({ server: "https://a.example" })),
    ClusterUpdated: configuration(fc.constant({ server: "https://b.example" })),
    ClusterDeleted: fc.record({}),
  },
  repository: {
    RepositoryCreated: configuration(fc.constant(StoredRepositorySpec.parse({ url: "https://git.example/shop.git" }))),
    RepositoryUpdated: configuration(fc.constant(StoredRepositorySpec.parse({ url: "https://git.example/other.git" }))),
    RepositoryDeleted: fc.record({}),
    PushDispatched: fc.record(
      {
        ...{ repoURL: digest, ref: digest, revision: digest, source: fc.constantFrom("webhook", "poll"), deliveries },
        ...{
          considered: number,
          operations: fc.array(fc.record({ application: digest, operation }), { maxLength: 2 }),
        },
      },
      { requiredKeys: ["repoURL", "ref", "source", "deliveries", "considered", "operations"] },
    ),
    PushRejected: fc.record({
      ...{ repoURL: digest, ref: digest, source: fc.constant("webhook"), deliveries, code: digest, message: digest },
    }),
  },
  resourcecustomization: {
    ResourceCustomizationCreated: configuration(fc.constant(ResourceCustomizationSpec.parse({ kind: "Job" }))),
    ResourceCustomizationUpdated: configuration(
      fc.constant(ResourceCustomizationSpec.parse({ kind: "*", health: { lua: "return obj.status" } })),
    ),
    ResourceCustomizationDeleted: fc.record({}),
  },
  ...Object.fromEntries(["Pipeline", "ReleaseSource", "GatePolicy", "AnalysisTemplate", "Account"].map(exampleOf)),
  notification: {
    NotificationCreated: configuration(fc.constant(NOTIFICATION)),
    NotificationUpdated: configuration(fc.constant({ ...NOTIFICATION, suspended: true })),
    NotificationDeleted: fc.record({}),
  },
  system: { SystemInitialised: fc.record({ version: digest, installation: digest }) },
};

/** The configuration events of a kind, with the spec of the reference's example. */
function exampleOf(kind: string): [string, Record<string, fc.Arbitrary<unknown>>] {
  const file = new URL(`../../../tools/reference/examples/${kind.toLowerCase()}.yaml`, import.meta.url);
  const { spec: example } = KINDS[kind as keyof typeof KINDS].parse(parse(readFileSync(file, "utf8")));
  const configured = configuration(fc.constant(example));
  return [
    kind.toLowerCase(),
    { [`${kind}Created`]: configured, [`${kind}Updated`]: configured, [`${kind}Deleted`]: fc.record({}) },
  ];
}

const schemaOf = (type: AggregateType, event: string): fc.Arbitrary<unknown> =>
  fromSchema((EVENTS[type] as Record<string, z.ZodType>)[event]!);

/** Any event that the schemas allow, of one of a few aggregates; names are few, so that they meet. */
export const anyEvent: fc.Arbitrary<{ aggregate: AggregateRef; event: DomainEvent }> = fc
  .constantFrom(...AGGREGATES.flatMap((type) => Object.keys(EVENTS[type]).map((event) => [type, event] as const)))
  .chain(([type, event]) =>
    fc.record({
      aggregate: fc.record({ type: fc.constant(type), name: fc.constantFrom("shop", "cart") }),
      event: fc.record({ type: fc.constant(event), data: data[type]?.[event] ?? schemaOf(type, event) }),
    }),
  ) as fc.Arbitrary<{ aggregate: AggregateRef; event: DomainEvent }>;

/** A whole ledger, 1 to 3 events in a message. Applications begin with their creation, so that most of it matters. */
export const anyLedger: fc.Arbitrary<RecordedEvent[]> = fc
  .array(fc.array(anyEvent, { minLength: 1, maxLength: 3 }), { maxLength: 60 })
  .map((messages) => {
    const created = (name: string) => ({
      aggregate: { type: "application" as const, name },
      event: { type: "ApplicationCreated" as const, data: { spec, labels: {}, annotations: {} } },
    });
    const repository = {
      aggregate: { type: "repository" as const, name: "shop" },
      event: {
        type: "RepositoryCreated" as const,
        data: {
          spec: StoredRepositorySpec.parse({ url: "https://git.example/shop.git" }),
          labels: {},
          annotations: {},
        },
      },
    };
    // As the ledger brings them: through JSON.
    const read = JSON.parse(JSON.stringify(messages)) as typeof messages;
    return [[created("shop"), created("cart"), repository], ...read].flatMap((events, index) =>
      events.map(({ aggregate, event }, position) => ({
        ...(recorded(aggregate, [event], index + 1)[0] as RecordedEvent),
        index: position,
      })),
    );
  });
