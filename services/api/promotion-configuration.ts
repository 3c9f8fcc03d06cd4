import type { z } from "zod";
import type {
  AccountObject,
  AnalysisTemplateObject,
  GatePolicyObject,
  NotificationObject,
  PipelineObject,
  ReleaseSourceObject,
} from "../../schemas/api/promotion-objects.ts";
import type { promotionConfigurationRoutes } from "../../schemas/api/promotion-configuration-routes.ts";
import type { KindName } from "../../schemas/kinds/index.ts";
import { API_VERSION } from "../../schemas/kinds/metadata.ts";
import type { Actor } from "../../schemas/operation.ts";
import type { ViewName, Views } from "../../schemas/views.ts";
import type { Handlers } from "./call.ts";
import { page } from "./page.ts";
import type { ApiPorts } from "./ports.ts";
import { notFound, removeConfiguration } from "./remove.ts";

interface Objects {
  Pipeline: z.output<typeof PipelineObject>;
  ReleaseSource: z.output<typeof ReleaseSourceObject>;
  GatePolicy: z.output<typeof GatePolicyObject>;
  AnalysisTemplate: z.output<typeof AnalysisTemplateObject>;
  Notification: z.output<typeof NotificationObject>;
  Account: z.output<typeof AccountObject>;
}

const VIEWS = {
  Pipeline: "pipelines",
  ReleaseSource: "releaseSources",
  GatePolicy: "gatePolicies",
  AnalysisTemplate: "analysisTemplates",
  Notification: "notifications",
  Account: "accounts",
} as const satisfies Record<keyof Objects, ViewName>;

type ViewOf<Kind extends keyof Objects> = Views[(typeof VIEWS)[Kind]];

/** A view as the API shows it, without what is not for reading: the digest of a notification's secrets. */
function objectOf<Kind extends keyof Objects>(kind: Kind, view: ViewOf<Kind>): Objects[Kind] {
  const { name, labels, annotations, spec: stored, ...status } = view as ViewOf<"Notification">;
  const { secretsDigest: _, ...spec } = stored;
  return {
    ...{ apiVersion: API_VERSION, kind, metadata: { name, labels, annotations } },
    ...{ spec, status },
  } as unknown as Objects[Kind];
}

/** Routes of the kinds of promotion, as configuration. */
export function promotionConfigurationHandlers(
  ports: ApiPorts,
  now: () => Date,
): Required<Pick<Handlers, keyof typeof promotionConfigurationRoutes>> {
  const { views } = ports;
  const listOf =
    <Kind extends keyof Objects>(kind: Kind) =>
    async ({ query }: { query: Parameters<typeof page>[1] }) =>
      page(views.list(VIEWS[kind]), query, {
        key: ({ key }) => key,
        item: ({ value }) => objectOf(kind, value as ViewOf<Kind>),
      });
  const one =
    <Kind extends keyof Objects>(kind: Kind) =>
    async ({ params: { name } }: { params: { name: string } }) => {
      const view = views.get(VIEWS[kind], name);
      if (!view) throw notFound(kind, name);
      return objectOf(kind, view as ViewOf<Kind>);
    };
  const remove =
    (kind: Exclude<KindName, "Application">) =>
    async ({ params: { name }, actor }: { params: { name: string }; actor: Actor }) => ({
      kind,
      name,
      sequence: await removeConfiguration(ports, { kind, name, actor, at: now().toISOString() }),
    });
  return {
    listPipelines: listOf("Pipeline"),
    getPipeline: one("Pipeline"),
    deletePipeline: remove("Pipeline"),
    listReleaseSources: listOf("ReleaseSource"),
    getReleaseSource: one("ReleaseSource"),
    deleteReleaseSource: remove("ReleaseSource"),
    listGatePolicies: listOf("GatePolicy"),
    getGatePolicy: one("GatePolicy"),
    deleteGatePolicy: remove("GatePolicy"),
    listAnalysisTemplates: listOf("AnalysisTemplate"),
    getAnalysisTemplate: one("AnalysisTemplate"),
    deleteAnalysisTemplate: remove("AnalysisTemplate"),
    listNotifications: listOf("Notification"),
    getNotification: one("Notification"),
    deleteNotification: remove("Notification"),
    listAccounts: listOf("Account"),
    getAccount: one("Account"),
    deleteAccount: remove("Account"),
  };
}
