import { z } from "zod";
import { ActorSchema, AuthorSchema, ChangedFieldSchema, Drifted } from "../facts.ts";

/** What becomes of the difference when a break-glass is over. */
export const AfterBreakGlass = z.enum(["PutBack", "Commit"]);

/** Events of an application about drift and what is done about it, break-glass included. */
export const driftEvents = {
  /** Owned fields differ from what was applied, or objects are gone. Replaces the set of the drift before. */
  DriftDetected: z.object({
    inventory: z.string(),
    objects: z.array(Drifted),
  }),
  /** Live equals what was applied again, without an operation of ours. */
  DriftResolved: z.object({ inventory: z.string() }),

  /** An operation was asked for that puts these objects back. */
  RemediationRequested: z.object({
    operation: z.string(),
    /** With the field managers on the other side, sorted; none where nobody can be named, as for a deletion. */
    objects: z.array(z.object({ object: z.string(), managers: z.array(z.string()) })),
    /** RFC 3339. */
    at: z.string(),
  }),
  /** The same objects were put back again and again: somebody else writes them too. Said once for each such fight. */
  FlappingDetected: z.object({
    objects: z.array(z.string()),
    /** Both sides: ours, and who changes the objects. */
    managers: z.array(z.string()),
    /** So often within so many seconds. */
    count: z.int(),
    windowSeconds: z.int(),
    /** RFC 3339: no remediation of these objects before this. */
    nextAt: z.string(),
  }),

  /** Self-heal is suspended until then, so that the people named can change the cluster by hand. */
  BreakGlassStarted: z.object({
    id: z.string(),
    /** RFC 3339. */
    startedAt: z.string(),
    until: z.string(),
    reason: z.string(),
    people: z.array(z.string()),
    by: ActorSchema,
    then: AfterBreakGlass,
    /** Commit: the branch that the difference goes to. */
    branch: z.string().optional(),
  }),
  BreakGlassExtended: z.object({ id: z.string(), until: z.string(), by: ActorSchema }),
  /** Somebody changed a managed object while the break-glass was on. */
  ManualChangeRecorded: z.object({
    id: z.string(),
    object: z.string(),
    change: z.enum(["modified", "deleted", "replaced", "restored"]),
    fields: z.array(ChangedFieldSchema),
    /** Further fields that are not listed. */
    more: z.int().optional(),
    /** Who made it, as far as the cluster tells: field managers, never a person's name. */
    authors: z.array(AuthorSchema),
    at: z.string(),
  }),
  BreakGlassEnded: z.object({
    id: z.string(),
    why: z.enum(["Expired", "Ended"]),
    by: ActorSchema,
    at: z.string(),
    /** What shall become of the difference, where that was said at the end. */
    then: AfterBreakGlass.optional(),
    branch: z.string().optional(),
  }),
  /** What became of the difference. Where it was refused, self-heal stays suspended until somebody says what shall. */
  BreakGlassResolved: z.object({
    id: z.string(),
    how: z.enum(["PutBack", "Committed", "Unchanged", "Refused"]),
    /** PutBack: the operation that does it. */
    operation: z.string().optional(),
    branch: z.string().optional(),
    commit: z.string().optional(),
    /** Refused: why the difference was left as it is, and what to do. */
    message: z.string().optional(),
  }),
} as const;
