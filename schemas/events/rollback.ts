import { z } from "zod";
import { ActorSchema } from "../facts.ts";

/** Events of an application about going back to what was deployed before. */
export const rollbackEvents = {
  /** A rollback leaves this revision: nothing automatic deploys its content again until a newer commit, or until it is released. */
  RevisionExcluded: z.object({
    revision: z.string(),
    sourceDigest: z.string(),
    /** The rollback. */
    operation: z.string(),
    by: ActorSchema,
    reason: z.enum(["RolledBack", "SyncFailed", "HealthLost"]),
  }),
  RevisionReleased: z.object({
    revision: z.string(),
    sourceDigest: z.string(),
    by: ActorSchema,
    /** Released by hand; deployed by name; gone back to; or Git has moved on. */
    reason: z.enum(["Released", "Synced", "RolledBackTo", "NewerRevision"]),
  }),
  /** The policy wants what was deployed before back; the operation follows unless something newer takes its place. */
  RollbackRequested: z.object({
    operation: z.string(),
    /** Operation whose artifact is applied again, and its revision. */
    target: z.string(),
    revision: z.string(),
    reason: z.enum(["SyncFailed", "HealthLost"]),
    /** The operation that failed, or whose health was lost. */
    cause: z.string(),
    /** RFC 3339. */
    requestedAt: z.string(),
  }),
  /** A commit that brings an earlier revision's content back stands on a branch. */
  RevertPushed: z.object({
    operation: z.string(),
    repoURL: z.string(),
    branch: z.string(),
    commit: z.string(),
    /** The revision whose content it brings back. */
    revision: z.string(),
    result: z.enum(["pushed", "already", "unchanged"]),
    /** Files beside the application's directory that it reads and that are not what they were at that revision; at most 20. */
    outside: z.array(z.string()).optional(),
  }),
  /** The application goes to another cluster now; what it owned on the one before is still there. */
  ObjectsLeft: z.object({
    /** The operation that went elsewhere. */
    operation: z.string(),
    cluster: z.string(),
    /** Blob digest of what it owned there, and the kinds, as `apiVersion/resource`. */
    inventory: z.string(),
    resources: z.array(z.string()),
  }),
  RevertFailed: z.object({
    operation: z.string(),
    branch: z.string().optional(),
    code: z.string(),
    message: z.string(),
  }),
} as const;
