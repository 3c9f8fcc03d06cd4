import type { ObjectKey } from "../../schemas/ids.ts";
import type { ProjectSpec } from "../../schemas/kinds/project.ts";
import { globMatches, globsAllow } from "./glob.ts";
import { repositoryAllowed } from "./source-repos.ts";

/** A destination as a Project judges it: the Cluster's name and address, and a namespace. */
export interface ProjectDestination {
  name: string;
  server: string;
  namespace: string;
}

/** The Project with what identifies it in a message. */
export interface ProjectRules {
  name: string;
  spec: ProjectSpec;
}

/** Why a repository is not allowed by a Project, or undefined when it is. */
export function repositoryRefusal(project: ProjectRules, repoURL: string): string | undefined {
  if (repositoryAllowed(project.spec.sourceRepos, repoURL)) return undefined;
  return `project ${project.name} does not allow the repository ${repoURL}; add it to its sourceRepos`;
}

/** Why a destination is not allowed by a Project, or undefined when it is. */
export function destinationRefusal(project: ProjectRules, destination: ProjectDestination): string | undefined {
  const { name, namespace } = destination;
  const onCluster = destinationsOf(project, destination);
  if (onCluster.length === 0) {
    return `project ${project.name} does not allow the cluster ${name}; add it to its destinations`;
  }
  const namespaces = onCluster.map((allowed) => allowed.namespace);
  if (globsAllow(namespaces, namespace)) return undefined;
  return `project ${project.name} does not allow namespace ${namespace} of cluster ${name}; add it to its destinations`;
}

/** Destinations that name this cluster; a denied cluster (`!` in front) has none, whatever else is listed. */
function destinationsOf(project: ProjectRules, cluster: { name: string; server: string }): ProjectSpec["destinations"] {
  const all = project.spec.destinations;
  if (all.some((entry) => denies(entry.name, cluster.name) || denies(entry.server, cluster.server))) return [];
  return all.filter((entry) => matchesCluster(entry, cluster));
}

const denies = (pattern: string | undefined, text: string): boolean =>
  pattern?.startsWith("!") === true && globMatches(pattern.slice(1), text);

/** An entry without name and server names no cluster: nothing is allowed that is not listed. */
function matchesCluster(
  entry: { name?: string | undefined; server?: string | undefined },
  cluster: { name: string; server: string },
): boolean {
  if (entry.name === undefined && entry.server === undefined) return false;
  return (
    (entry.name === undefined || globMatches(entry.name, cluster.name)) &&
    (entry.server === undefined || globMatches(entry.server, cluster.server))
  );
}

/** Why an object is not allowed by a Project on a cluster, or undefined when it is. */
export function objectRefusal(
  project: ProjectRules,
  object: { key: ObjectKey; namespaced: boolean },
  cluster: { name: string; server: string },
): string | undefined {
  const kind = kindRefusal(project, object);
  if (kind !== undefined) return kind;
  const namespace = object.namespaced ? object.key.namespace : namespaceItself(object.key);
  if (namespace !== undefined) return destinationRefusal(project, { ...cluster, namespace });
  if (destinationsOf(project, cluster).length > 0) return undefined;
  return `project ${project.name} does not allow the cluster ${cluster.name}; add it to its destinations`;
}

/** A Namespace is judged as if it were in itself: its labels decide what may run there. */
const namespaceItself = ({ group, kind, name }: ObjectKey): string | undefined =>
  group === "" && kind === "Namespace" ? name : undefined;

type GroupKind = { group: string; kind: string };

function kindRefusal(
  { name, spec }: ProjectRules,
  { key, namespaced }: { key: ObjectKey; namespaced: boolean },
): string | undefined {
  const listed = (entries: readonly GroupKind[]): boolean =>
    entries.some((entry) => globMatches(entry.group, key.group) && globMatches(entry.kind, key.kind));
  const [scope, allowed, denied] = namespaced
    ? (["namespace", spec.namespaceResourceWhitelist, spec.namespaceResourceBlacklist] as const)
    : (["cluster", spec.clusterResourceWhitelist, spec.clusterResourceBlacklist] as const);
  const kind = key.group === "" ? key.kind : `${key.group}/${key.kind}`;
  if (listed(denied)) return `project ${name} denies the kind ${kind} by its ${scope}ResourceBlacklist`;
  if (allowed === undefined || listed(allowed)) return undefined;
  return `project ${name} does not allow the kind ${kind}; add it to its ${scope}ResourceWhitelist`;
}
