import { clusterOf } from "../../domain/configuration/references.ts";
import type { KindName } from "../../schemas/kinds/index.ts";
import type { Actor } from "../../schemas/operation.ts";
import { clusterObject, projectObject, repositoryObject, resourceCustomizationObject } from "./answers.ts";
import { applyConfiguration } from "./apply.ts";
import type { Handlers } from "./call.ts";
import { page } from "./page.ts";
import type { ApiPorts } from "./ports.ts";
import { notFound, removeConfiguration } from "./remove.ts";
import { windowViews } from "./windows.ts";

type ConfigurationRoutes =
  | "apply"
  | "listProjects"
  | "getProject"
  | "deleteProject"
  | "listWindows"
  | "listClusters"
  | "getCluster"
  | "deleteCluster"
  | "listRepositories"
  | "checkRepository"
  | "getRepository"
  | "deleteRepository"
  | "listResourceCustomizations"
  | "getResourceCustomization"
  | "deleteResourceCustomization";

const row = <Value extends { name: string }, Item>(item: (value: Value) => Item) => ({
  key: ({ key }: { key: string }) => key,
  item: ({ value }: { value: Value }) => item(value),
});

/** How many applications there are of each project and on each cluster. */
function counts(ports: ApiPorts): { projects: Map<string, number>; clusters: Map<string, number> } {
  const projects = new Map<string, number>();
  const clusters = new Map<string, number>();
  const known = new Map(ports.views.list("clusters").map(({ value }) => [value.name, value.spec]));
  const add = (map: Map<string, number>, key: string) => map.set(key, (map.get(key) ?? 0) + 1);
  for (const { value } of ports.views.list("applications")) {
    add(projects, value.spec.project);
    const cluster = clusterOf(value.spec.destination, known);
    if (cluster) add(clusters, cluster.name);
  }
  return { projects, clusters };
}

/** Routes of projects, clusters and repositories, and apply for all kinds. */
export function configurationHandlers(ports: ApiPorts, now: () => Date): Required<Pick<Handlers, ConfigurationRoutes>> {
  const { views } = ports;
  const remove = async (kind: Exclude<KindName, "Application">, name: string, actor: Actor) => ({
    kind,
    name,
    sequence: await removeConfiguration(ports, { kind, name, actor, at: now().toISOString() }),
  });
  return {
    apply: ({ body, query, actor }) =>
      applyConfiguration(ports, { ...body, dryRun: query.dryRun ?? false, actor, now }),
    listProjects: async ({ query }) => {
      const { projects } = counts(ports);
      return page(
        views.list("projects"),
        query,
        row((view) => projectObject(view, projects.get(view.name) ?? 0)),
      );
    },
    getProject: async ({ params: { name } }) => {
      const view = views.get("projects", name);
      if (!view) throw notFound("Project", name);
      return projectObject(view, counts(ports).projects.get(name) ?? 0);
    },
    listWindows: async ({ params: { name } }) => {
      const view = views.get("projects", name);
      if (!view) throw notFound("Project", name);
      return { items: windowViews(view.spec, now().getTime()) };
    },
    deleteProject: ({ params, actor }) => remove("Project", params.name, actor),
    listClusters: async ({ query }) => {
      const { clusters } = counts(ports);
      return page(
        views.list("clusters"),
        query,
        row((view) =>
          clusterObject(view, {
            applications: clusters.get(view.name) ?? 0,
            connection: ports.clusterState(view.name),
          }),
        ),
      );
    },
    getCluster: async ({ params: { name } }) => {
      const view = views.get("clusters", name);
      if (!view) throw notFound("Cluster", name);
      const applications = counts(ports).clusters.get(name) ?? 0;
      return clusterObject(view, { applications, connection: ports.clusterState(name) });
    },
    deleteCluster: ({ params, actor }) => remove("Cluster", params.name, actor),
    listRepositories: async ({ query }) => page(views.list("repositories"), query, row(repositoryObject)),
    checkRepository: async ({ body: { url, credentials } }) => ({
      url,
      refs: await ports.checkRepository(url, credentials),
    }),
    getRepository: async ({ params: { name } }) => {
      const view = views.get("repositories", name);
      if (!view) throw notFound("Repository", name);
      return repositoryObject(view);
    },
    deleteRepository: ({ params, actor }) => remove("Repository", params.name, actor),
    listResourceCustomizations: async ({ query }) =>
      page(views.list("resourceCustomizations"), query, row(resourceCustomizationObject)),
    getResourceCustomization: async ({ params: { name } }) => {
      const view = views.get("resourceCustomizations", name);
      if (!view) throw notFound("ResourceCustomization", name);
      return resourceCustomizationObject(view);
    },
    deleteResourceCustomization: ({ params, actor }) => remove("ResourceCustomization", params.name, actor),
  };
}
