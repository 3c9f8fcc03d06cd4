import type { ApplicationSpec } from "../../schemas/kinds/application.ts";
import type { ProjectSpec } from "../../schemas/kinds/project.ts";
import { destinationRefusal, repositoryRefusal } from "../project/permission.ts";
import { addressOf, prefixOf } from "../routing/address.ts";
import { covers } from "../routing/match.ts";
import { parseRepoURL } from "../routing/repo-url.ts";
import { refusedURL, sourceFindings } from "./own.ts";
import { DEFAULT_PROJECT } from "./system.ts";

/** What exists, or will once the batch is applied, by name. */
export interface Known {
  applications: ReadonlyMap<string, ApplicationSpec>;
  projects: ReadonlyMap<string, ProjectSpec>;
  clusters: ReadonlyMap<string, { server: string }>;
  repositories: ReadonlyMap<string, { url: string; match: "exact" | "prefix" }>;
}

/** Something wrong with one object: where in it, what, and what to do. */
export interface Finding {
  path: string;
  message: string;
  next?: string;
}

/** The cluster that a destination names, by name or by API server address. */
export function clusterOf(
  destination: ApplicationSpec["destination"],
  clusters: Known["clusters"],
): { name: string; server: string } | undefined {
  if (destination.name !== undefined) {
    const cluster = clusters.get(destination.name);
    return cluster && { name: destination.name, server: cluster.server };
  }
  const server = withoutSlash(destination.server ?? "");
  for (const [name, cluster] of clusters) if (withoutSlash(cluster.server) === server) return { name, ...cluster };
  return undefined;
}

const withoutSlash = (address: string): string => address.replace(/\/+$/, "");

const listed = (names: Iterable<string>): string => {
  const all = [...names].toSorted();
  return all.length === 0 ? "there is none yet" : `there are ${all.slice(0, 10).join(", ")}`;
};

/** What an application refers to that is not there, or that its project does not allow. */
export function checkApplication(spec: ApplicationSpec, known: Known): Finding[] {
  const findings: Finding[] = checkSource(spec);
  const project = known.projects.get(spec.project);
  if (!project) {
    findings.push({
      path: "spec.project",
      message: `there is no Project ${spec.project}`,
      next: `apply it first or together with this; ${listed(known.projects.keys())}`,
    });
  }
  const cluster = clusterOf(spec.destination, known.clusters);
  if (!cluster) findings.push(unknownCluster(spec.destination, known));
  if (project) findings.push(...checkProject(spec, project, cluster));
  return findings;
}

function unknownCluster(destination: ApplicationSpec["destination"], known: Known): Finding {
  const next = `add it with \`sluice cluster add\`; ${listed(known.clusters.keys())}`;
  return destination.name === undefined
    ? { path: "spec.destination.server", message: `there is no Cluster with server ${destination.server}`, next }
    : { path: "spec.destination.name", message: `there is no Cluster ${destination.name}`, next };
}

function checkProject(
  spec: ApplicationSpec,
  project: ProjectSpec,
  cluster: { name: string; server: string } | undefined,
): Finding[] {
  const findings: Finding[] = [];
  const rules = { name: spec.project, spec: project };
  const readable = !("refused" in parseRepoURL(spec.source.repoURL));
  const repository = readable ? repositoryRefusal(rules, spec.source.repoURL) : undefined;
  if (repository) findings.push({ path: "spec.source.repoURL", ...inTwo(repository) });
  if (!cluster) return findings;
  const namespace = spec.destination.namespace ?? "default";
  const denial = destinationRefusal(rules, { ...cluster, namespace });
  if (denial) findings.push({ path: "spec.destination", ...inTwo(denial) });
  return findings;
}

/** A refusal says what is wrong and, behind a semicolon, what to do. */
function inTwo(refusal: string): { message: string; next?: string } {
  const [message, ...next] = refusal.split("; ");
  return { message: message!, ...(next.length > 0 && { next: next.join("; ") }) };
}

/** Two clusters of one address would make `destination.server` ambiguous. */
export function checkCluster(name: string, server: string, known: Known): Finding[] {
  for (const [other, cluster] of known.clusters) {
    if (other !== name && withoutSlash(cluster.server) === withoutSlash(server)) {
      return [
        { path: "spec.server", message: `Cluster ${other} has this server already`, next: `use or delete ${other}` },
      ];
    }
  }
  return [];
}

/** An address that is none, or that another Repository has: it would be open whose credentials are used. */
export function checkRepository(
  name: string,
  own: { url: string; match: "exact" | "prefix" },
  known: Known,
): Finding[] {
  const place = ({ url, match }: { url: string; match: "exact" | "prefix" }) =>
    match === "exact" ? addressOf(url) : prefixOf(url);
  const refused = refusedURL([], own.match === "exact" ? own.url : `${own.url.replace(/\/+$/, "")}/any`);
  if (refused) return [{ ...refused, path: "spec.url" }];
  const address = place(own);
  for (const [other, repository] of known.repositories) {
    if (other !== name && repository.match === own.match && place(repository) === address) {
      return [{ path: "spec.url", message: `Repository ${other} has this address already`, next: `change ${other}` }];
    }
  }
  return [];
}

/** The Repository whose credentials an address uses: the one that has it, else the one with the longest prefix of it. */
export function repositoryOf(repoURL: string, repositories: Known["repositories"]): string | undefined {
  const address = addressOf(repoURL);
  if (address === undefined) return undefined;
  let best: { name: string; length: number } | undefined;
  for (const [name, { url, match }] of repositories) {
    if (!covers({ url, match }, address)) continue;
    const length = match === "exact" ? Infinity : (prefixOf(url)?.length ?? 0);
    if (best === undefined || length > best.length) best = { name, length };
  }
  return best?.name;
}

/** Names of the applications that need an object; a delete is refused while there are any. */
export function referrers(kind: "Project" | "Cluster" | "Repository", name: string, known: Known): string[] {
  const uses = (spec: ApplicationSpec): boolean => {
    switch (kind) {
      case "Project":
        return spec.project === name;
      case "Cluster":
        return clusterOf(spec.destination, known.clusters)?.name === name;
      case "Repository":
        return repositoryOf(spec.source.repoURL, known.repositories) === name;
    }
  };
  return [...known.applications]
    .filter(([, spec]) => uses(spec))
    .map(([application]) => application)
    .toSorted();
}

/** Why an object can't be deleted; undefined when it can. */
export function denyDelete(
  kind: "Project" | "Cluster" | "Repository",
  name: string,
  known: Known,
): { message: string; next: string } | undefined {
  if (kind === "Project" && name === DEFAULT_PROJECT) {
    return {
      message: "Project default can't be deleted: it is the project of applications that name none",
      next: "narrow it instead: apply it with fewer sourceRepos and destinations",
    };
  }
  const by = referrers(kind, name, known);
  if (by.length === 0) return undefined;
  const shown = by.slice(0, 10).join(", ") + (by.length > 10 ? ` and ${by.length - 10} more` : "");
  return {
    message: `${kind} ${name} is used by ${by.length === 1 ? "Application" : `${by.length} Applications:`} ${shown}`,
    next: "delete or change them first",
  };
}

/** What is wrong with the source by itself. */
const checkSource = ({ source }: ApplicationSpec): Finding[] =>
  sourceFindings(source).map(({ path, ...said }) => ({ path: `spec.source.${path.join(".")}`, ...said }));
