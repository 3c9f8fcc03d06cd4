import { z } from "zod";
import { HEALTH_ORDER } from "./operation.ts";

/** The words of schemas/operation as zod: shared by messages, events and views. */

export const ActorSchema = z.object({ kind: z.enum(["user", "webhook", "system"]), name: z.string() });
export const Health = z.enum(HEALTH_ORDER);
export const StringMap = z.record(z.string(), z.string());
export const TriggerSchema = z.object({
  type: z.enum(["push", "poll", "manual", "configuration", "drift"]),
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
/** An object that is not as it was applied, and the field managers that touched our fields. */
export const Drifted = z.object({
  object: z.string(),
  uid: z.string().nullable(),
  change: z.enum(["modified", "deleted", "replaced"]),
  managers: z.array(z.string()),
});
