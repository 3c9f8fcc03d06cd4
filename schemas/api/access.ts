import type { ACCOUNT_ROLES } from "../kinds/account.ts";
import type { accountRoutes } from "./account-routes.ts";
import type { approvalRoutes } from "./approval-routes.ts";
import type { promotionRoutes } from "./promotion-routes.ts";
import type { RouteId } from "./routes.ts";

export type AccountRole = (typeof ACCOUNT_ROLES)[number];

type Guarded = RouteId | keyof typeof promotionRoutes | keyof typeof approvalRoutes | keyof typeof accountRoutes;

/** Reads, of everything that anybody may know; and a yes or no, of which the gate says whose it is. */
const VIEWER = [
  ...(["listApplications", "getApplication", "listOperations", "listResources", "diff", "why"] as const),
  ...(["listApplicationEvents", "manifests", "getOperation", "listOutcomes", "listActions"] as const),
  ...(["listBreakGlasses", "getBreakGlass", "diffBreakGlass", "listOrphans"] as const),
  ...(["listProjects", "getProject", "listWindows", "listClusters", "getCluster"] as const),
  ...(["listRepositories", "getRepository", "listResourceCustomizations", "getResourceCustomization"] as const),
  ...(["listPipelines", "getPipeline", "listReleaseSources", "getReleaseSource"] as const),
  ...(["listGatePolicies", "getGatePolicy", "listAnalysisTemplates", "getAnalysisTemplate"] as const),
  ...(["listNotifications", "getNotification", "listAccounts", "getAccount", "whoami"] as const),
  ...(["listPromotions", "getPromotion", "getPromotionDifference", "whyPromotion", "whyStage"] as const),
  ...(["listPipelineEvents", "getLine", "listEmergencies", "listDora", "getDora"] as const),
  ...(["listReleases", "getRelease"] as const),
  ...(["listDeliveries", "listEvents", "getVersion", "getDoctor"] as const),
  ...(["approve", "reject", "createApprovalLink", "listSigningKeys", "listSecrets"] as const),
] satisfies Guarded[];

/** What changes applications and promotions, or costs much. */
const OPERATOR = [
  ...(["uploadLocal", "sync", "refresh", "terminate", "confirm", "rollback", "release", "runAction"] as const),
  ...(["createRelease", "refreshReleaseSource"] as const),
  ...(["unpin"] as const),
  ...(["startBreakGlass", "extendBreakGlass", "endBreakGlass", "verifyLedger"] as const),
  ...(["promote", "abortPromotion", "pausePromotion", "resumePromotion", "judgePromotion"] as const),
  ...(["rollbackStage", "previewPromotion", "holdStage", "releaseStage", "pauseStage", "resumeStage"] as const),
  ...(["excludeRelease", "readmitRelease", "pausePipeline", "resumePipeline", "closeEmergency"] as const),
] satisfies Guarded[];

/** Configuration, accounts, the whole line, and the ledger's upkeep. */
const ADMIN = [
  ...(["apply", "checkRepository", "deleteApplication", "deleteProject", "deleteCluster"] as const),
  ...(["deleteRepository", "deleteResourceCustomization", "deletePipeline", "deleteReleaseSource"] as const),
  ...([
    "deleteGatePolicy",
    "deleteAnalysisTemplate",
    "deleteNotification",
    "testNotification",
    "deleteAccount",
  ] as const),
  ...(["issueToken", "revokeToken", "stopTheLine", "resumeTheLine", "rebuildViews"] as const),
  ...(["addSigningKey", "removeSigningKey", "giveSecret", "removeSecret"] as const),
] satisfies Guarded[];

/** The role that each route takes at least. */
export const ACCESS: ReadonlyMap<string, AccountRole> = new Map<string, AccountRole>([
  ...VIEWER.map((id) => [id, "viewer"] as const),
  ...OPERATOR.map((id) => [id, "operator"] as const),
  ...ADMIN.map((id) => [id, "admin"] as const),
]);

/** What a route takes that nobody thought of. */
export const UNLISTED: AccountRole = "admin";
