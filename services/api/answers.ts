import type {
  ApplicationObject,
  ClusterObject,
  ConnectionState,
  ProjectObject,
  RepositoryObject,
  ResourceCustomizationObject,
} from "../../schemas/api/objects.ts";
import type { EventView, ResourceView } from "../../schemas/api/bodies.ts";
import { EVENTS } from "../../schemas/events/index.ts";
import type { RecordedEvent } from "../../schemas/events/index.ts";
import type { Inventory, Plan, PlanStep, Report } from "../../schemas/artifact.ts";
import { objectKey } from "../../schemas/ids.ts";
import { API_VERSION } from "../../schemas/kinds/metadata.ts";
import { HEALTH_ORDER, type HealthStatus } from "../../schemas/operation.ts";
import type {
  ApplicationView,
  ClusterView,
  ProjectView,
  RepositoryView,
  ResourceCustomizationView,
} from "../../schemas/views.ts";
import type { z } from "zod";

/** Views as the API shows them: configuration under `spec` as it would be applied, everything else under `status`. */

export function applicationObject(view: ApplicationView): ApplicationObject {
  const { name, labels, annotations, spec, ...status } = view;
  const shown = { ...status, health: healthNow(view) };
  return { apiVersion: API_VERSION, kind: "Application", metadata: { name, labels, annotations }, spec, status: shown };
}

/** What runs may be about to change what was Healthy before it, and says how that went at its end. */
function healthNow({ running, sync, health }: ApplicationView): ApplicationView["health"] {
  const changing = running !== undefined && sync.status === "OutOfSync" && health.status === "Healthy";
  return changing ? { status: "Progressing", since: sync.since, objects: [] } : health;
}

export function projectObject(view: ProjectView, applications: number): ProjectObject {
  const { name, labels, annotations, spec, createdAt, updatedAt, sequence } = view;
  const status = { createdAt, updatedAt, sequence, applications };
  return { apiVersion: API_VERSION, kind: "Project", metadata: { name, labels, annotations }, spec, status };
}

const held = (digest: string | undefined): "Stored" | "None" => (digest === undefined ? "None" : "Stored");

export function clusterObject(
  view: ClusterView,
  more: { applications: number; connection: ConnectionState | undefined },
): ClusterObject {
  const { name, labels, annotations, spec: stored, createdAt, updatedAt, sequence } = view;
  const { credentialsDigest, ...spec } = stored;
  const { applications, connection = { status: "Unknown" as const } } = more;
  const status = { createdAt, updatedAt, sequence, credentials: held(credentialsDigest), connection, applications };
  return { apiVersion: API_VERSION, kind: "Cluster", metadata: { name, labels, annotations }, spec, status };
}

export function repositoryObject(view: RepositoryView): RepositoryObject {
  const { name, labels, annotations, spec: stored, createdAt, updatedAt, sequence, refs } = view;
  const { credentialsDigest, webhook, ...rest } = stored;
  const { secretDigest, ...open } = webhook ?? {};
  const status = {
    createdAt,
    updatedAt,
    sequence,
    credentials: held(credentialsDigest),
    webhookSecret: held(secretDigest),
    refs,
  };
  const spec = { ...rest, ...(webhook && { webhook: open as NonNullable<RepositoryObject["spec"]["webhook"]> }) };
  return { apiVersion: API_VERSION, kind: "Repository", metadata: { name, labels, annotations }, spec, status };
}

export function resourceCustomizationObject(view: ResourceCustomizationView): ResourceCustomizationObject {
  const { name, labels, annotations, spec, createdAt, updatedAt, sequence } = view;
  const status = { createdAt, updatedAt, sequence };
  return {
    apiVersion: API_VERSION,
    kind: "ResourceCustomization",
    metadata: { name, labels, annotations },
    spec,
    status,
  };
}

/** An event with nothing but what its schema lists. */
export function eventView({ aggregate, event, sequence, index, at, actor, cause }: RecordedEvent): EventView {
  const schemas: Record<string, z.ZodType | undefined> = EVENTS[aggregate.type];
  const data = schemas[event.type]?.safeParse(event.data);
  return {
    sequence,
    index,
    aggregate: { type: aggregate.type, name: aggregate.name },
    type: event.type,
    data: data?.success ? shown(event.type, data.data as Record<string, unknown>) : {},
    at,
    actor,
    cause,
  };
}

/** Digests of tokens are for the ledger only. */
function shown(type: string, data: Record<string, unknown>): Record<string, unknown> {
  if (type !== "AccountTokenIssued") return data;
  const { digest: _, ...rest } = data;
  return rest;
}

const asHealth = (text: string): HealthStatus | undefined => HEALTH_ORDER.find((status) => status === text);

/**
 * The objects of an inventory with what is known of each: drift and health since, else what the last report said; `plan` is that of
 * the running operation.
 */
export function resourceViews(
  view: ApplicationView,
  inventory: Inventory,
  { report, plan }: { report?: Report | undefined; plan?: Plan | undefined } = {},
): ResourceView[] {
  const healthOf = objectHealth(view, plan);
  const drifted = new Map(view.drift.map((one) => [one.object, one]));
  const compared = view.last?.result === "Compared" ? view.last.noted.map((one) => one.object) : [];
  const differing = new Set(compared);
  // Of objects that a sync of selected ones left alone, its report says nothing.
  const leftAlone = view.last?.others?.sync === "OutOfSync";
  const outcomes = new Map((report?.outcomes ?? []).map((one) => [objectKey(one.key), one]));
  const owned = inventory.entries.map((entry): ResourceView => {
    const key = objectKey(entry.key);
    const outcome = outcomes.get(key);
    const drift = drifted.get(key);
    const failed = outcome?.result === "failed" || outcome?.result === "refused";
    const unknown = entry.fields === null || (leftAlone && outcome === undefined);
    const out = drift !== undefined || differing.has(key) || failed;
    const { status, said } = healthOf(key, outcome?.health);
    const message = said ?? (drift ? driftMessage(drift) : outcome?.message);
    return {
      ...entry.key,
      apiVersion: entry.apiVersion,
      uid: entry.uid,
      sync: out ? "OutOfSync" : unknown ? "Unknown" : "Synced",
      health: status,
      ...(message !== undefined && { message }),
    };
  });
  return [...owned, ...neverMade(inventory, report)];
}

interface ObjectHealth {
  status: HealthStatus;
  /** Why, where that was said. */
  said?: string | undefined;
}

/** Health of an object: what was said of it last, by the watch or at an end; `reported` is what the last report says. */
function objectHealth(
  view: ApplicationView,
  plan: Plan | undefined,
): (object: string, reported: HealthStatus | undefined) => ObjectHealth {
  const { status: whole, objects } = view.health;
  const noted = new Map(objects.map((one) => [one.object, one]));
  const gone = new Set(view.drift.filter(({ change }) => change === "deleted").map(({ object }) => object));
  const steps = plan?.steps.filter(({ action }) => CHANGES.has(action)) ?? [];
  const changing = new Set(steps.map(({ key }) => objectKey(key)));
  // The watch names all that are not healthy, up to a number; an end names what it has in its report.
  const told = objects.length > 0 && objects.length < MOST_TOLD && objects.every(({ reason }) => asHealth(reason));
  const complete = whole === "Healthy" || (told && JSON.stringify(objects) !== JSON.stringify(view.last?.noted));
  return (object, reported) => {
    const one = noted.get(object);
    const turned = one && asHealth(one.reason);
    if (turned) return { status: turned, said: one.message };
    if (gone.has(object)) return { status: "Missing" };
    const status = complete ? "Healthy" : (reported ?? "Unknown");
    const soon = status === "Healthy" && changing.has(object);
    return soon ? { status: "Progressing", said: "the running operation changes it" } : { status, said: one?.message };
  };
}

/** So many objects are named where some are not healthy. */
const MOST_TOLD = 20;
const CHANGES: ReadonlySet<PlanStep["action"]> = new Set(["create", "update", "recreate"]);

/** What was to be applied and never was, such as objects of kinds that the cluster doesn't serve: desired, and owned by nobody yet. */
function neverMade({ entries }: Inventory, report: Report | undefined): ResourceView[] {
  const known = new Set(entries.map(({ key }) => objectKey(key)));
  const failed = (report?.outcomes ?? []).filter(
    ({ key, action, result, hook }) =>
      result === "failed" && action !== "prune" && hook === undefined && !known.has(objectKey(key)),
  );
  return failed.map(({ key, apiVersion, message }) => ({
    ...key,
    apiVersion: apiVersion ?? key.group,
    uid: null,
    sync: "OutOfSync",
    health: "Missing",
    ...(message !== undefined && { message }),
  }));
}

function driftMessage(drift: ApplicationView["drift"][number]): string {
  const by = drift.managers.length > 0 ? ` by ${drift.managers.join(", ")}` : "";
  return `${drift.change}${by}`;
}
