import { z } from "zod";
import { ACTION_NAMES } from "../action.ts";
import { Accepted } from "./bodies.ts";
import { MISSING, named } from "./route-parts.ts";

export const RollbackRequest = z
  .strictObject({
    operation: z
      .string()
      .min(1)
      .max(128)
      .optional()
      .describe(
        "The operation whose deployed artifact is applied again, or a revision; the version before when absent.",
      ),
    prune: z.boolean().optional().describe("Overrides the policy's prune for this operation."),
    revert: z
      .strictObject({ branch: z.string().min(1).max(255).optional().describe("The application's own when absent.") })
      .optional()
      .describe("Also push a commit that brings the earlier content back in Git."),
  })
  .meta({ id: "RollbackRequest" });

export const RollbackAccepted = Accepted.extend({
  target: z.string().describe("The operation whose artifact is applied again."),
  revision: z.string(),
}).meta({ id: "RollbackAccepted" });

export const ReleaseRequest = z
  .strictObject({
    revision: z
      .string()
      .min(7)
      .max(64)
      .optional()
      .describe("A revision, or how it begins; all excluded ones when absent."),
  })
  .meta({ id: "ReleaseRequest" });

const Resource = {
  group: z.string().max(253).optional(),
  kind: z.string().min(1).max(253).optional(),
  namespace: z.string().max(253).optional(),
  name: z.string().min(1).max(253).optional(),
};

export const ActionsQuery = z.strictObject(Resource);

export const ResourceActions = z
  .object({
    group: z.string(),
    kind: z.string(),
    namespace: z.string(),
    name: z.string(),
    actions: z.array(
      z.object({
        action: z.enum(ACTION_NAMES),
        enabled: z.boolean(),
        reason: z.string().optional().describe("Why it can't be done now."),
        parameters: z.record(z.string(), z.string()).optional().describe("Parameters that it needs."),
      }),
    ),
  })
  .meta({ id: "ResourceActions" });

export const ActionRequestBody = z
  .strictObject({
    action: z.enum(ACTION_NAMES),
    ...Resource,
    kind: z.string().min(1).max(253),
    name: z.string().min(1).max(253),
    parameters: z.record(z.string().max(63), z.string().max(253)).default({}),
  })
  .meta({ id: "ActionRequest" });

export const ActionAccepted = Accepted.extend({
  object: z.string().describe("`group/Kind/namespace/name`"),
  warnings: z.array(z.string()).describe("What works against it, such as self-heal."),
}).meta({ id: "ActionAccepted" });

/** Routes about going back to an earlier version, and about actions on objects. */
export const rollbackRoutes = {
  rollback: {
    ...named,
    method: "POST",
    path: "/applications/:name/rollback",
    summary: "Apply what an earlier operation deployed again, and keep automation from undoing it",
    tag: "applications",
    body: RollbackRequest,
    status: 202,
    answer: RollbackAccepted,
    errors: [...MISSING, "Conflict", "Unavailable"],
  },
  release: {
    ...named,
    method: "POST",
    path: "/applications/:name/release",
    summary: "Let revisions be deployed again that a rollback left, and sync",
    tag: "applications",
    body: ReleaseRequest,
    status: 202,
    answer: Accepted,
    errors: [...MISSING, "Conflict", "Unavailable"],
  },
  listActions: {
    ...named,
    method: "GET",
    path: "/applications/:name/actions",
    summary: "Actions on the objects of an application, and which can be done now",
    tag: "applications",
    query: ActionsQuery,
    status: 200,
    answer: z.object({ items: z.array(ResourceActions) }),
    errors: [...MISSING, "ClusterUnavailable"],
  },
  runAction: {
    ...named,
    method: "POST",
    path: "/applications/:name/actions",
    summary: "Carry out an action on one object; an event tells what came of it",
    tag: "applications",
    body: ActionRequestBody,
    status: 202,
    answer: ActionAccepted,
    errors: [...MISSING, "Conflict", "Unavailable"],
  },
} as const;

export type RollbackAccepted = z.output<typeof RollbackAccepted>;
export type ResourceActions = z.output<typeof ResourceActions>;
export type ActionAccepted = z.output<typeof ActionAccepted>;
