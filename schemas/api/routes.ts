import { z } from "zod";
import type { ErrorCode } from "../errors.ts";
import { DeliveryView, OperationView } from "../views.ts";
import * as body from "./bodies.ts";
import { LOCAL_BODY_BYTES, LocalFiles, LocalManifests } from "./local-files.ts";
import { driftRoutes } from "./drift-routes.ts";
import { rollbackRoutes } from "./rollback-routes.ts";
import {
  ApplicationObject,
  ClusterObject,
  ProjectObject,
  RepositoryObject,
  ResourceCustomizationObject,
} from "./objects.ts";

/** One route of the API, all there is to say of it: the server registers it, the OpenAPI document describes it. */
export interface Route {
  method: "GET" | "POST" | "DELETE";
  /** Under `/api/v1`, parameters as `:name`. */
  path: string;
  summary: string;
  tag: string;
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodType;
  /** Largest body in bytes; 64 KiB by default. */
  bodyLimit?: number;
  status: 200 | 202;
  answer: z.ZodType;
  /** Also answers `text/event-stream` where that is asked for. */
  stream?: true;
  errors: readonly ErrorCode[];
}

const list = (item: z.ZodType) => z.object({ items: z.array(item), continue: z.string().optional() });

const read = { method: "GET", status: 200 } as const;
const named = { params: body.NameParams } as const;
const MISSING = ["InvalidInput", "NotFound"] as const;

/** Every route by its operation id. */
export const ROUTES = {
  apply: {
    method: "POST",
    path: "/apply",
    summary: "Create or change configuration objects: all of them or none",
    tag: "configuration",
    query: body.ApplyQuery,
    body: body.ApplyRequest,
    bodyLimit: 8 * 1024 * 1024,
    status: 200,
    answer: body.ApplyResult,
    errors: ["InvalidInput", "Conflict", "Unavailable"],
  },
  listApplications: {
    ...read,
    path: "/applications",
    summary: "Applications by name",
    tag: "applications",
    query: body.ApplicationPage,
    answer: list(ApplicationObject),
    errors: ["InvalidInput"],
  },
  getApplication: {
    ...read,
    ...named,
    path: "/applications/:name",
    summary: "One application",
    tag: "applications",
    answer: ApplicationObject,
    errors: MISSING,
  },
  deleteApplication: {
    ...named,
    method: "DELETE",
    path: "/applications/:name",
    summary: "Delete an application, with what it owns unless cascade=false",
    tag: "applications",
    query: body.DeleteApplicationQuery,
    status: 202,
    answer: body.Accepted,
    errors: [...MISSING, "Conflict", "Unavailable"],
  },
  listOperations: {
    ...read,
    ...named,
    path: "/applications/:name/operations",
    summary: "Operations of an application, newest first",
    tag: "applications",
    query: body.Page,
    answer: list(OperationView.meta({ id: "OperationView" })),
    errors: MISSING,
  },
  listResources: {
    ...read,
    ...named,
    path: "/applications/:name/resources",
    summary: "Objects that an application owns",
    tag: "applications",
    answer: list(body.ResourceView),
    errors: MISSING,
  },
  diff: {
    ...read,
    ...named,
    path: "/applications/:name/diff",
    summary: "Desired against live, now",
    tag: "applications",
    query: body.DiffQuery,
    answer: body.Comparison,
    errors: [...MISSING, "SourceUnavailable", "RevisionNotFound", "RenderFailed", "ClusterUnavailable"],
  },
  why: {
    ...read,
    ...named,
    path: "/applications/:name/why",
    summary: "What an application waits for or what failed: from the ledger and the cluster as it is now",
    tag: "applications",
    answer: body.WhyAnswer,
    errors: MISSING,
  },
  uploadLocal: {
    ...named,
    method: "POST",
    path: "/applications/:name/local",
    summary: "Render files given by hand in place of its source, for a diff or a sync of them",
    tag: "applications",
    body: LocalFiles,
    bodyLimit: LOCAL_BODY_BYTES,
    status: 200,
    answer: LocalManifests,
    errors: [...MISSING, "PayloadTooLarge", "SourceRefused", "RenderFailed", "RenderLimit", "ClusterUnavailable"],
  },
  listApplicationEvents: {
    ...read,
    ...named,
    path: "/applications/:name/events",
    summary: "Events of an application, oldest first",
    tag: "applications",
    query: body.Page,
    answer: list(body.EventView),
    errors: MISSING,
  },
  manifests: {
    ...read,
    ...named,
    path: "/applications/:name/manifests",
    summary: "What was deployed last, as rendered",
    tag: "applications",
    answer: body.Manifests,
    errors: MISSING,
  },
  sync: {
    ...named,
    method: "POST",
    path: "/applications/:name/sync",
    summary: "Make live equal to desired",
    tag: "applications",
    body: body.SyncRequest,
    status: 202,
    answer: body.Accepted,
    errors: [...MISSING, "Unavailable"],
  },
  refresh: {
    ...named,
    method: "POST",
    path: "/applications/:name/refresh",
    summary: "Look at the source and the cluster now; an automated application is synced to what is new",
    tag: "applications",
    status: 202,
    answer: body.Accepted,
    errors: [...MISSING, "Unavailable"],
  },
  terminate: {
    ...named,
    method: "POST",
    path: "/applications/:name/terminate",
    summary: "End the running operation",
    tag: "applications",
    body: body.TerminateRequest,
    status: 202,
    answer: body.Accepted,
    errors: [...MISSING, "Conflict", "Unavailable"],
  },
  ...driftRoutes,
  ...rollbackRoutes,
  confirm: {
    ...named,
    method: "POST",
    path: "/applications/:name/confirm",
    summary: "Say yes to the deletions that the running operation waits with",
    tag: "applications",
    body: body.ConfirmRequest,
    status: 202,
    answer: body.Accepted,
    errors: [...MISSING, "Conflict", "Unavailable"],
  },
  getOperation: {
    ...read,
    path: "/operations/:application/:operation",
    params: body.OperationParams,
    summary: "One operation",
    tag: "applications",
    answer: OperationView,
    errors: MISSING,
  },
  listOutcomes: {
    ...read,
    path: "/operations/:application/:operation/outcomes",
    params: body.OperationParams,
    summary: "What became of every object in an operation; in a dry run, what would",
    tag: "applications",
    answer: list(body.OutcomeView),
    errors: MISSING,
  },
  listProjects: {
    ...read,
    path: "/projects",
    summary: "Projects by name",
    tag: "configuration",
    query: body.Page,
    answer: list(ProjectObject),
    errors: ["InvalidInput"],
  },
  getProject: {
    ...read,
    ...named,
    path: "/projects/:name",
    summary: "One project",
    tag: "configuration",
    answer: ProjectObject,
    errors: MISSING,
  },
  listWindows: {
    ...read,
    ...named,
    path: "/projects/:name/windows",
    summary: "Sync windows of a project, and where each stands now",
    tag: "configuration",
    answer: list(body.WindowView),
    errors: MISSING,
  },
  deleteProject: {
    ...named,
    method: "DELETE",
    path: "/projects/:name",
    summary: "Delete a project that no application is in",
    tag: "configuration",
    status: 200,
    answer: body.Deleted,
    errors: [...MISSING, "Conflict"],
  },
  listClusters: {
    ...read,
    path: "/clusters",
    summary: "Clusters by name, with the state of their connection",
    tag: "configuration",
    query: body.Page,
    answer: list(ClusterObject),
    errors: ["InvalidInput"],
  },
  getCluster: {
    ...read,
    ...named,
    path: "/clusters/:name",
    summary: "One cluster",
    tag: "configuration",
    answer: ClusterObject,
    errors: MISSING,
  },
  deleteCluster: {
    ...named,
    method: "DELETE",
    path: "/clusters/:name",
    summary: "Delete a cluster that no application uses, with its credentials",
    tag: "configuration",
    status: 200,
    answer: body.Deleted,
    errors: [...MISSING, "Conflict"],
  },
  listRepositories: {
    ...read,
    path: "/repositories",
    summary: "Repositories by name",
    tag: "configuration",
    query: body.Page,
    answer: list(RepositoryObject),
    errors: ["InvalidInput"],
  },
  checkRepository: {
    method: "POST",
    path: "/repositories/check",
    summary: "Ask an address for its refs, with the credentials given or stored, and change nothing",
    tag: "configuration",
    body: body.RepositoryCheckRequest,
    status: 200,
    answer: body.RepositoryCheck,
    errors: ["InvalidInput", "SourceRefused", "SourceForbidden", "SourceUnavailable"],
  },
  getRepository: {
    ...read,
    ...named,
    path: "/repositories/:name",
    summary: "One repository",
    tag: "configuration",
    answer: RepositoryObject,
    errors: MISSING,
  },
  deleteRepository: {
    ...named,
    method: "DELETE",
    path: "/repositories/:name",
    summary: "Delete a repository that no application uses, with its credentials",
    tag: "configuration",
    status: 200,
    answer: body.Deleted,
    errors: [...MISSING, "Conflict"],
  },
  listResourceCustomizations: {
    ...read,
    path: "/resourcecustomizations",
    summary: "Resource customizations by name: own health checks and ignored differences",
    tag: "configuration",
    query: body.Page,
    answer: list(ResourceCustomizationObject),
    errors: ["InvalidInput"],
  },
  getResourceCustomization: {
    ...read,
    ...named,
    path: "/resourcecustomizations/:name",
    summary: "One resource customization",
    tag: "configuration",
    answer: ResourceCustomizationObject,
    errors: MISSING,
  },
  deleteResourceCustomization: {
    ...named,
    method: "DELETE",
    path: "/resourcecustomizations/:name",
    summary: "Delete a resource customization; what it said no longer holds, at once",
    tag: "configuration",
    status: 200,
    answer: body.Deleted,
    errors: [...MISSING, "Conflict"],
  },
  listDeliveries: {
    ...read,
    path: "/deliveries",
    summary: "Webhooks and polls, and what became of each",
    tag: "ledger",
    query: body.DeliveryPage,
    answer: list(DeliveryView.meta({ id: "DeliveryView" })),
    errors: ["InvalidInput"],
  },
  listEvents: {
    ...read,
    path: "/events",
    summary: "Events of the ledger; as text/event-stream they keep coming, and Last-Event-ID resumes",
    tag: "ledger",
    query: body.EventsQuery,
    answer: list(body.EventView),
    stream: true,
    errors: MISSING,
  },
  verifyLedger: {
    method: "POST",
    path: "/ledger/verify",
    summary: "Check the hash chain of every subject",
    tag: "ledger",
    status: 200,
    answer: body.Verification,
    errors: ["Unavailable"],
  },
  rebuildViews: {
    method: "POST",
    path: "/ledger/rebuild",
    summary: "Fold all views again from sequence 0",
    tag: "ledger",
    status: 200,
    answer: body.Rebuild,
    errors: ["Unavailable"],
  },
  getVersion: {
    ...read,
    path: "/version",
    summary: "Version of the server",
    tag: "system",
    answer: body.Version,
    errors: [],
  },
  getDoctor: {
    ...read,
    path: "/doctor",
    summary: "Findings of the server's own checks",
    tag: "system",
    answer: body.Doctor,
    errors: [],
  },
} as const satisfies Record<string, Route>;

/** Operation id of a route. */
export type RouteId = keyof typeof ROUTES;
export const API_PREFIX = "/api/v1";
/** Header with a ledger sequence: in an answer, what it includes; in a request, what the answer must include. */
export const SEQUENCE_HEADER = "x-sluice-sequence";
