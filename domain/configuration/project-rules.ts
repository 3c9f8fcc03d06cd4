import type { ProjectSpec } from "../../schemas/kinds/project.ts";
import { parseRepoURL, repoURLOf } from "../routing/repo-url.ts";
import { matchGlob } from "./glob.ts";

/** A destination with all that is known of it. */
export interface Target {
  /** Name of the cluster. */
  cluster: string;
  server: string;
  namespace: string;
}

/** Why a project does not allow something; undefined when it does. */
export type Denial = string | undefined;

/** Allowed when some pattern matches and no pattern with `!` in front does. */
function allowed(patterns: string[], matches: (pattern: string) => boolean): boolean {
  const denied = patterns.some((pattern) => pattern.startsWith("!") && matches(pattern.slice(1)));
  return !denied && patterns.some((pattern) => !pattern.startsWith("!") && matches(pattern));
}

/** The address without what says nothing: case of scheme and host, default port, `.git`, a slash behind. */
function plainAddress(repoURL: string): string {
  const parts = parseRepoURL(repoURL);
  return "refused" in parts ? repoURL : repoURLOf(parts);
}

/** Whether the project's applications may read a repository. */
export function denyRepository(project: ProjectSpec, repoURL: string): Denial {
  const plain = plainAddress(repoURL);
  const matches = (pattern: string) =>
    pattern === "*" ||
    matchGlob(pattern, repoURL, "/") ||
    matchGlob(pattern.replace(/(?:\.git)?\/*$/, ""), plain, "/") ||
    (!/[*?[{\\]/.test(pattern) && plainAddress(pattern) === plain);
  return allowed(project.sourceRepos, matches) ? undefined : `sourceRepos does not allow ${repoURL}`;
}

/** Whether the project's applications may write to a namespace of a cluster. */
export function denyDestination(project: ProjectSpec, target: Target): Denial {
  const fits = (rule: ProjectSpec["destinations"][number]) =>
    (rule.name !== undefined || rule.server !== undefined) &&
    (rule.name === undefined || matchGlob(rule.name.replace(/^!/, ""), target.cluster)) &&
    (rule.server === undefined || matchGlob(rule.server.replace(/^!/, ""), target.server)) &&
    matchGlob(rule.namespace.replace(/^!/, ""), target.namespace);
  const denies = (rule: ProjectSpec["destinations"][number]) =>
    [rule.name, rule.server, rule.namespace].some((pattern) => pattern?.startsWith("!"));
  const { destinations } = project;
  const ok = destinations.some((rule) => !denies(rule) && fits(rule));
  if (ok && !destinations.some((rule) => denies(rule) && fits(rule))) return undefined;
  return `destinations does not allow namespace ${target.namespace} of cluster ${target.cluster}`;
}

/** Whether the project's applications may own objects of a kind. Cluster-scoped kinds only when listed. */
export function denyKind(project: ProjectSpec, object: { group: string; kind: string; namespaced: boolean }): Denial {
  const listed = (rules: { group: string; kind: string }[]) =>
    rules.some((rule) => matchGlob(rule.group, object.group) && matchGlob(rule.kind, object.kind));
  const name = object.group === "" ? object.kind : `${object.kind}.${object.group}`;
  if (object.namespaced) {
    if (listed(project.namespaceResourceBlacklist)) return `namespaceResourceBlacklist denies ${name}`;
    const white = project.namespaceResourceWhitelist;
    return white === undefined || listed(white) ? undefined : `namespaceResourceWhitelist does not allow ${name}`;
  }
  if (listed(project.clusterResourceBlacklist)) return `clusterResourceBlacklist denies ${name}`;
  return listed(project.clusterResourceWhitelist) ? undefined : `clusterResourceWhitelist does not allow ${name}`;
}
