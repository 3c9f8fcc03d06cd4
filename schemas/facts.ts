import { z } from "zod";
import { HEALTH_ORDER, OPERATION_KINDS, TRIGGER_TYPES } from "./operation.ts";

/** The words of schemas/operation as zod: shared by messages, events and views. */

export const ActorSchema = z.object({ kind: z.enum(["user", "webhook", "system"]), name: z.string() });
export const Health = z.enum(HEALTH_ORDER);
export const KindOfOperation = z.enum(OPERATION_KINDS);
export const StringMap = z.record(z.string(), z.string());
export const TriggerSchema = z.object({
  type: z.enum(TRIGGER_TYPES),
  actor: ActorSchema,
  cause: z.string(),
});
export const Counts = z.object({
  create: z.int(),
  update: z.int(),
  recreate: z.int(),
  unchanged: z.int(),
  prune: z.int(),
  refused: z.int(),
  failed: z.int(),
});
/** An object by `group/Kind/namespace/name` with what is to be said of it. At most 20 in an event; all are in the report. */
export const NotedSchema = z.object({ object: z.string(), reason: z.string(), message: z.string().optional() });
/** A field that is not as it was applied; values are JSON, shortened, and keyed digests for secret ones. */
export const ChangedFieldSchema = z.object({
  path: z.string(),
  was: z.string().optional(),
  is: z.string().optional(),
});
/** Who holds a field now, as `managedFields` has it: a manager is the first part of a client's user agent unless it says otherwise. */
export const AuthorSchema = z.object({
  manager: z.string(),
  operation: z.enum(["Apply", "Update"]),
  subresource: z.string().optional(),
  at: z.string().optional(),
  /** A removed field has no holder: this manager wrote the object after us, more is not known. */
  probable: z.boolean().optional(),
});
/** An object that is not as it was applied, and the field managers that touched our fields. */
export const Drifted = z.object({
  object: z.string(),
  uid: z.string().nullable(),
  change: z.enum(["modified", "deleted", "replaced"]),
  managers: z.array(z.string()),
  /** What changed, at most 10 fields, and how many more there are; absent where it could not be told. */
  fields: z.array(ChangedFieldSchema).optional(),
  more: z.int().optional(),
  authors: z.array(AuthorSchema).optional(),
  /** RFC 3339: when the oldest of these changes was made, or first seen. */
  since: z.string().optional(),
});
/** What an operator asks for beside the policy; the words of schemas/operation. */
export const Options = z.object({
  dryRun: z.boolean().optional(),
  force: z.boolean().optional(),
  replace: z.boolean().optional(),
  syncOptions: z.array(z.string()).optional(),
  resources: z
    .array(
      z.object({
        group: z.string().optional(),
        kind: z.string().optional(),
        namespace: z.string().optional(),
        name: z.string().optional(),
        exclude: z.boolean().optional(),
      }),
    )
    .optional(),
  labels: z.string().optional(),
  local: z.string().optional(),
  overrideWindow: z.object({ reason: z.string() }).optional(),
  onlyNew: z.boolean().optional(),
  confirm: z.boolean().optional(),
  orphan: z.boolean().optional(),
  revert: z.object({ branch: z.string().optional() }).optional(),
  retry: z
    .object({
      limit: z.int().optional(),
      backoff: z
        .object({
          duration: z.string().optional(),
          factor: z.number().optional(),
          maxDuration: z.string().optional(),
        })
        .optional(),
      refresh: z.boolean().optional(),
    })
    .optional(),
});
/** How the objects stand that a sync of selected ones leaves alone. */
export const OthersSchema = z.object({ count: z.int(), sync: z.enum(["Synced", "OutOfSync"]), health: Health });
/** What an application runs by a promotion, over what its spec says; the words of schemas/promotion. */
export const PinSchema = z.object({
  pipeline: z.string(),
  stage: z.string(),
  promotion: z.string(),
  release: z.string(),
  targetRevision: z.string().optional(),
  images: z.array(z.string()).optional(),
  parameters: z
    .array(z.object({ name: z.string(), value: z.string(), forceString: z.boolean().optional() }))
    .optional(),
});
/** What the view of every configuration object holds beside its spec. */
export const Described = {
  name: z.string(),
  labels: StringMap,
  annotations: StringMap,
  createdAt: z.string(),
  updatedAt: z.string(),
  sequence: z.int(),
};
