import type { z } from "zod";
import type { ErrorCode } from "../errors.ts";
import { DeliveryView, OperationView } from "../views.ts";
import * as body from "./bodies.ts";
import { LOCAL_BODY_BYTES, LocalFiles, LocalManifests } from "./local-files.ts";
import { accountRoutes } from "./account-routes.ts";
import { approvalRoutes } from "./approval-routes.ts";
import { configurationRoutes } from "./configuration-routes.ts";
import { promotionConfigurationRoutes } from "./promotion-configuration-routes.ts";
import { movingRoutes } from "./moving-routes.ts";
import { secretRoutes } from "./secret-routes.ts";
import { promotionRoutes } from "./promotion-routes.ts";
import { doraRoutes } from "./dora-routes.ts";
import { notificationRoutes } from "./notification-routes.ts";
import { driftRoutes } from "./drift-routes.ts";
import { list, MISSING, named, read } from "./route-parts.ts";
import { releaseRoutes } from "./release-routes.ts";
import { rollbackRoutes } from "./rollback-routes.ts";
import { ApplicationObject } from "./objects.ts";

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
  ...configurationRoutes,
  ...promotionConfigurationRoutes,
  ...accountRoutes,
  ...movingRoutes,
  ...secretRoutes,
  ...approvalRoutes,
  ...promotionRoutes,
  ...doraRoutes,
  ...releaseRoutes,
  ...notificationRoutes,
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
