import type {
  ApplicationObject,
  ClusterObject,
  ProjectObject,
  RepositoryObject,
  ResourceCustomizationObject,
} from "../../schemas/api/objects.ts";
import type { DeliveryView, OperationView } from "../../schemas/views.ts";
import type { Orphan } from "../../schemas/api/drift-routes.ts";
import type { ResourceView } from "../../schemas/api/bodies.ts";
import { age, formatDuration } from "./age.ts";
import type { Shown } from "./context.ts";
import { type Io, status } from "./io.ts";

/** How each kind of row is shown. */

const short = (revision: string | undefined): string => revision?.slice(0, 8) ?? "";

type Paint = Pick<Io, "colors">;

export function applicationRows(io: Paint, now: number): Shown<ApplicationObject> {
  return {
    columns: [
      { heading: "NAME", cell: (app) => app.metadata.name },
      { heading: "SYNC", cell: (app) => status(io, app.status.sync.status) },
      { heading: "HEALTH", cell: (app) => status(io, app.status.health.status) },
      { heading: "REVISION", cell: ({ status: now }) => short((now.applied ?? now.deployed)?.revision) },
      { heading: "OPERATION", cell: (app) => operationWord(io, app) },
      { heading: "AGE", cell: (app) => age(app.status.createdAt, now) },
      { heading: "PROJECT", cell: (app) => app.spec.project, wide: true },
      {
        heading: "DESTINATION",
        cell: ({ spec: { destination } }) =>
          `${destination.name ?? destination.server}/${destination.namespace ?? "default"}`,
        wide: true,
      },
      { heading: "REPOSITORY", cell: (app) => app.spec.source.repoURL, wide: true },
      { heading: "PATH", cell: (app) => app.spec.source.path, wide: true },
      {
        heading: "TARGET",
        cell: (app) => app.status.pinned?.targetRevision ?? app.spec.source.targetRevision,
        wide: true,
      },
    ],
    name: (app) => `application/${app.metadata.name}`,
    empty: "There are no applications yet. Create one with: sluice apply -f FILE",
  };
}

function operationWord(io: Paint, { status: { running, held, last } }: ApplicationObject): string {
  if (running !== undefined) return status(io, "Running");
  if (held !== undefined) return status(io, "Held");
  return last ? status(io, last.result) : "";
}

export function projectRows(now: number): Shown<ProjectObject> {
  return {
    columns: [
      { heading: "NAME", cell: (project) => project.metadata.name },
      { heading: "APPLICATIONS", cell: (project) => String(project.status.applications) },
      { heading: "AGE", cell: (project) => age(project.status.createdAt, now) },
      { heading: "REPOSITORIES", cell: (project) => project.spec.sourceRepos.join(", "), wide: true },
      {
        heading: "DESTINATIONS",
        cell: (project) => project.spec.destinations.map((to) => `${to.name ?? to.server}/${to.namespace}`).join(", "),
        wide: true,
      },
      { heading: "DESCRIPTION", cell: (project) => project.spec.description ?? "" },
    ],
    name: (project) => `project/${project.metadata.name}`,
    empty: "There are no projects yet. Create one with: sluice apply -f FILE",
  };
}

export function clusterRows(io: Paint, now: number): Shown<ClusterObject> {
  return {
    columns: [
      { heading: "NAME", cell: (cluster) => cluster.metadata.name },
      { heading: "CONNECTION", cell: (cluster) => status(io, cluster.status.connection.status) },
      { heading: "VERSION", cell: (cluster) => cluster.status.connection.kubernetesVersion ?? "" },
      { heading: "APPLICATIONS", cell: (cluster) => String(cluster.status.applications) },
      { heading: "AGE", cell: (cluster) => age(cluster.status.createdAt, now) },
      { heading: "SERVER", cell: (cluster) => cluster.spec.server },
      { heading: "CREDENTIALS", cell: (cluster) => cluster.status.credentials, wide: true },
      { heading: "MESSAGE", cell: (cluster) => cluster.status.connection.message ?? "", wide: true },
    ],
    name: (cluster) => `cluster/${cluster.metadata.name}`,
    empty: "There are no clusters yet. Add one with: sluice cluster add NAME",
  };
}

/** How the newest look at a repository ended: `ok`, why it failed, or `never` before the first. */
function lastRead(io: Paint, { status: { refs } }: RepositoryObject): string {
  const [newest] = Object.values(refs).toSorted((a, b) => (a.at < b.at ? 1 : -1));
  if (newest === undefined) return "never";
  if (newest.code === undefined) return status(io, "ok");
  return `${status(io, "failed")}: ${newest.message ?? newest.code}`;
}

export function repositoryRows(io: Paint, now: number): Shown<RepositoryObject> {
  return {
    columns: [
      { heading: "NAME", cell: (repo) => repo.metadata.name },
      { heading: "STATUS", cell: (repo) => lastRead(io, repo) },
      { heading: "CREDENTIALS", cell: (repo) => repo.status.credentials },
      { heading: "WEBHOOK", cell: (repo) => repo.spec.webhook?.provider ?? "" },
      { heading: "POLL", cell: (repo) => repo.spec.pollInterval },
      { heading: "AGE", cell: (repo) => age(repo.status.createdAt, now) },
      { heading: "URL", cell: (repo) => repo.spec.url + (repo.spec.match === "prefix" ? " (prefix)" : "") },
      { heading: "REFS", cell: (repo) => String(Object.keys(repo.status.refs).length), wide: true },
      { heading: "WEBHOOK SECRET", cell: (repo) => repo.status.webhookSecret, wide: true },
    ],
    name: (repo) => `repository/${repo.metadata.name}`,
    empty: "There are no repositories yet. Add one with: sluice repo add URL",
  };
}

export function resourceCustomizationRows(now: number): Shown<ResourceCustomizationObject> {
  return {
    columns: [
      { heading: "NAME", cell: (one) => one.metadata.name },
      { heading: "GROUP", cell: (one) => one.spec.group },
      { heading: "KIND", cell: (one) => one.spec.kind },
      { heading: "HEALTH", cell: ({ spec: { health } }) => (health?.cel ? "cel" : health?.lua ? "lua" : "") },
      {
        heading: "IGNORES",
        cell: (one) =>
          Object.values(one.spec.ignoreDifferences ?? {})
            .flat()
            .join(", "),
      },
      { heading: "AGE", cell: (one) => age(one.status.createdAt, now) },
    ],
    name: (one) => `resourcecustomization/${one.metadata.name}`,
    empty: "There are no resource customizations yet. Create one with: sluice apply -f FILE",
  };
}

export function operationRows(io: Paint, now: number): Shown<OperationView> {
  return {
    columns: [
      { heading: "ID", cell: (operation) => operation.id },
      { heading: "KIND", cell: (operation) => operation.kind },
      { heading: "RESULT", cell: (operation) => status(io, operation.result) },
      { heading: "REVISION", cell: (operation) => short(operation.revision) },
      { heading: "TRIGGER", cell: ({ trigger }) => `${trigger.type} by ${trigger.actor.name}` },
      { heading: "TOOK", cell: (operation) => formatDuration(operation.durationMs) },
      { heading: "ENDED", cell: (operation) => age(operation.endedAt, now) },
      { heading: "COMMIT", cell: (operation) => operation.revision ?? "", wide: true },
      { heading: "MESSAGE", cell: (operation) => operation.message ?? "", wide: true },
    ],
    name: (operation) => `operation/${operation.id}`,
    empty: "It has no operations yet. Start one with: sluice app sync NAME",
  };
}

export function resourceRows(io: Paint): Shown<ResourceView> {
  return {
    columns: [
      { heading: "KIND", cell: ({ kind, group }) => (group === "" ? kind : `${kind}.${group}`) },
      { heading: "NAMESPACE", cell: (resource) => resource.namespace },
      { heading: "NAME", cell: (resource) => resource.name },
      { heading: "SYNC", cell: (resource) => status(io, resource.sync) },
      { heading: "HEALTH", cell: (resource) => status(io, resource.health) },
      { heading: "MESSAGE", cell: (resource) => resource.message ?? "" },
      { heading: "VERSION", cell: (resource) => resource.apiVersion, wide: true },
      { heading: "UID", cell: (resource) => resource.uid ?? "", wide: true },
    ],
    name: ({ kind, namespace, name }) => `${kind.toLowerCase()}/${namespace === "" ? "" : `${namespace}/`}${name}`,
    empty: "It owns no objects yet. Deploy it with: sluice app sync NAME",
  };
}

export function orphanRows(now: number): Shown<Orphan> {
  return {
    columns: [
      { heading: "KIND", cell: ({ kind, group }) => (group === "" ? kind : `${kind}.${group}`) },
      { heading: "NAMESPACE", cell: (orphan) => orphan.namespace },
      { heading: "NAME", cell: (orphan) => orphan.name },
      { heading: "AGE", cell: (orphan) => age(orphan.createdAt, now) },
      { heading: "UID", cell: (orphan) => orphan.uid, wide: true },
    ],
    name: ({ kind, namespace, name }) => `${kind.toLowerCase()}/${namespace}/${name}`,
    empty: "Everything in its namespaces is owned by an application, or by another object.",
  };
}

export function deliveryRows(io: Paint, now: number): Shown<DeliveryView> {
  return {
    columns: [
      { heading: "REPOSITORY", cell: (delivery) => delivery.repository },
      { heading: "REF", cell: (delivery) => delivery.ref },
      { heading: "SOURCE", cell: (delivery) => delivery.source },
      { heading: "OUTCOME", cell: (delivery) => status(io, delivery.outcome) },
      { heading: "REVISION", cell: (delivery) => short(delivery.revision) },
      { heading: "APPLICATIONS", cell: (delivery) => delivery.operations.map((one) => one.application).join(", ") },
      { heading: "AGE", cell: (delivery) => age(delivery.receivedAt, now) },
      { heading: "DELIVERY", cell: (delivery) => delivery.delivery, wide: true },
      { heading: "MESSAGE", cell: (delivery) => delivery.message ?? "", wide: true },
    ],
    name: (delivery) => `delivery/${delivery.repository}/${delivery.intakeSequence}`,
    empty: "No webhook or poll has brought anything yet.",
  };
}
