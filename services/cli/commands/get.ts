import type { ApiObject } from "../../../schemas/api/objects.ts";
import type { DeliveryView } from "../../../schemas/views.ts";
import {
  applicationRows,
  clusterRows,
  deliveryRows,
  projectRows,
  repositoryRows,
  resourceCustomizationRows,
} from "../columns.ts";
import type { Context, Shown } from "../context.ts";
import {
  accountRows,
  analysisTemplateRows,
  gatePolicyRows,
  notificationRows,
  pipelineRows,
  releaseSourceRows,
} from "../promotion-columns.ts";
import { type CliKind, kindOf, targetsOf } from "../kinds.ts";
import { NONE_MATCHES, selectorOf } from "./app.ts";

interface GetOptions {
  selector?: string;
}

const rowsOf = (context: Context, { kind }: CliKind): Shown<ApiObject> => {
  const now = Date.now();
  const rows = {
    Application: () => applicationRows(context.io, now),
    Project: () => projectRows(now),
    Cluster: () => clusterRows(context.io, now),
    Repository: () => repositoryRows(context.io, now),
    ResourceCustomization: () => resourceCustomizationRows(now),
    Pipeline: () => pipelineRows(now),
    ReleaseSource: () => releaseSourceRows(context.io, now),
    GatePolicy: () => gatePolicyRows(now),
    AnalysisTemplate: () => analysisTemplateRows(now),
    Notification: () => notificationRows(now),
    Account: () => accountRows(now),
  };
  return rows[kind]() as unknown as Shown<ApiObject>;
};

/** Shows the objects of a kind, or those named. */
export async function get(context: Context, first: string, names: string[], options: GetOptions): Promise<void> {
  if (/^deliver(y|ies)$/i.test(first)) return getDeliveries(context);
  if (names.length === 0 && !first.includes("/")) {
    const kind = kindOf(first);
    const query = { label: kind.kind === "Application" ? selectorOf(options.selector) : undefined };
    const rows = rowsOf(context, kind);
    const items = await context.client.list<ApiObject>(`/${kind.path}`, query);
    return context.show(items, query.label === undefined ? rows : { ...rows, empty: NONE_MATCHES });
  }
  const targets = targetsOf(first, names);
  const objects = [];
  for (const { kind, name } of targets) {
    objects.push(await context.client.get<ApiObject>(`/${kind.path}/${encodeURIComponent(name)}`));
  }
  const [only] = objects;
  if (only && objects.length === 1 && (await context.showValue(only))) return;
  for (const kind of new Set(targets.map((target) => target.kind))) {
    await context.show(
      objects.filter((object) => object.kind === kind.kind),
      rowsOf(context, kind),
    );
  }
}

async function getDeliveries(context: Context): Promise<void> {
  await context.show(await context.client.list<DeliveryView>("/deliveries"), deliveryRows(context.io, Date.now()));
}
