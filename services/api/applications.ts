import type { Artifact, Inventory, Plan, Report } from "../../schemas/artifact.ts";
import { objectKey } from "../../schemas/ids.ts";
import type { Manifests, OutcomeView } from "../../schemas/api/bodies.ts";
import type { ApplicationView, OperationView } from "../../schemas/views.ts";
import { clusterOf } from "../../domain/configuration/references.ts";
import { applicationObject, eventView, resourceViews } from "./answers.ts";
import type { Handlers } from "./call.ts";
import { comparisonOf, diffOptions } from "./comparison.ts";
import { uploadLocal } from "./local-files.ts";
import { page } from "./page.ts";
import type { ApiPorts } from "./ports.ts";
import { hideSecrets } from "./redact.ts";
import { notFound } from "./remove.ts";
import { SluiceError } from "../../schemas/errors.ts";

type ApplicationRoutes =
  | "listApplications"
  | "getApplication"
  | "listOperations"
  | "getOperation"
  | "listOutcomes"
  | "listResources"
  | "diff"
  | "uploadLocal"
  | "why"
  | "listApplicationEvents"
  | "manifests"
  | "listDeliveries";

/** Routes that read applications and what happened to them. */
export function applicationHandlers(ports: ApiPorts): Required<Pick<Handlers, ApplicationRoutes>> {
  const { views } = ports;
  const existing = (name: string): ApplicationView => {
    const view = views.get("applications", name);
    if (!view) throw notFound("Application", name);
    return view;
  };
  const keyed = <Value, Item>(item: (value: Value) => Item) => ({
    key: ({ key }: { key: string }) => key,
    item: ({ value }: { value: Value }) => item(value),
  });
  return {
    listApplications: async ({ query }) => {
      const rows = views.list("applications").filter(({ value }) => selects(query, value, ports));
      return page(rows, query, keyed(applicationObject));
    },
    getApplication: async ({ params }) => applicationObject(existing(params.name)),
    listOperations: async ({ params, query }) => {
      existing(params.name);
      const rows = views.list("operations", { prefix: `${params.name}/`, newest: true });
      return page(
        rows,
        query,
        keyed((operation) => operation),
      );
    },
    getOperation: async ({ params: { application, operation } }) => operationView(ports, application, operation),
    listOutcomes: async ({ params: { application, operation } }) => {
      const { report } = operationView(ports, application, operation);
      return { items: report === undefined ? [] : outcomeViews(await ports.blobs.getJson<Report>(report)) };
    },
    listResources: async ({ params }) => ({ items: await resources(ports, existing(params.name)) }),
    diff: async ({ params, query }) => {
      existing(params.name);
      return comparisonOf(params.name, await ports.compare(params.name, diffOptions(query)));
    },
    uploadLocal: async ({ params, body }) => {
      existing(params.name);
      return uploadLocal(ports, params.name, body);
    },
    why: async ({ params }) => {
      existing(params.name);
      return ports.why(params.name);
    },
    listApplicationEvents: async ({ params, query }) => {
      existing(params.name);
      const rows = [];
      for await (const event of ports.ledger.read({ type: "application", name: params.name }))
        rows.push(eventView(event));
      return page(rows, query, { key: (row) => `${row.sequence}/${row.index}`, item: (row) => row });
    },
    manifests: async ({ params }) => manifests(ports, existing(params.name)),
    listDeliveries: async ({ query }) => {
      const prefix = query.repository === undefined ? "" : `${query.repository}/`;
      const rows = views.list("deliveries", { prefix, newest: true });
      return page(
        rows,
        query,
        keyed((delivery) => delivery),
      );
    },
  };
}

function operationView({ views }: ApiPorts, application: string, operation: string): OperationView {
  const view = views.get("operations", `${application}/${operation}`);
  if (view) return view;
  throw new SluiceError("NotFound", `Application ${application} has no operation ${operation}`, {
    next: `It may not have begun. List those it has with: sluice app history ${application}`,
  });
}

const outcomeViews = ({ outcomes }: Report): OutcomeView[] =>
  outcomes.map(({ key, action, result, reason, message, health, hook }) => ({
    ...{ object: objectKey(key), action, result, health },
    ...(hook !== undefined && { hook }),
    ...(reason !== undefined && { reason }),
    ...(message !== undefined && { message }),
  }));

function selects(
  query: { project?: string | undefined; cluster?: string | undefined; label?: string | undefined },
  view: ApplicationView,
  { views }: ApiPorts,
): boolean {
  if (query.project !== undefined && view.spec.project !== query.project) return false;
  if (query.label !== undefined) {
    const [key, ...value] = query.label.split("=");
    const got = view.labels[key!];
    if (got === undefined || (value.length > 0 && got !== value.join("="))) return false;
  }
  if (query.cluster === undefined) return true;
  const cluster = views.get("clusters", query.cluster);
  return (
    cluster !== undefined && clusterOf(view.spec.destination, new Map([[cluster.name, cluster.spec]])) !== undefined
  );
}

async function resources({ blobs, views }: ApiPorts, view: ApplicationView) {
  if (view.inventory === undefined && view.last?.report === undefined) return [];
  const none: Inventory = { version: 1, application: view.name, cluster: view.cluster ?? "", entries: [] };
  const inventory = view.inventory === undefined ? none : await blobs.getJson<Inventory>(view.inventory);
  const report = view.last?.report === undefined ? undefined : await blobs.getJson<Report>(view.last.report);
  const running = view.running === undefined ? undefined : views.get("operations", `${view.name}/${view.running}`);
  const plan = running?.plan === undefined ? undefined : await blobs.getJson<Plan>(running.plan);
  return resourceViews(view, inventory, { report, plan });
}

async function manifests({ blobs, mask }: ApiPorts, view: ApplicationView): Promise<Manifests> {
  const { deployed } = view;
  if (!deployed) {
    throw new SluiceError("NotFound", `Nothing was deployed for Application ${view.name} yet`, {
      next: `Deploy it with: sluice app sync ${view.name}`,
    });
  }
  const artifact = await blobs.getJson<Artifact>(deployed.artifact);
  return {
    application: view.name,
    revision: deployed.revision,
    artifact: deployed.artifact,
    objects: artifact.objects.map((object) => hideSecrets(mask(object))),
  };
}
