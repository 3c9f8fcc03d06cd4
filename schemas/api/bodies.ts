import { z } from "zod";
import { ActorSchema, Health } from "../facts.ts";
import { type KindName, KINDS } from "../kinds/index.ts";
import { LocalDigest } from "./local-files.ts";
import { DNS_LABEL } from "../ids.ts";
import { SyncWindow } from "../kinds/project.ts";
import { RepositoryCredentials } from "../kinds/repository.ts";

const Name = z.string().min(1).max(63);
/** Part of a ledger subject, where `*` and `>` would stand for all names. */
const AggregateName = z.string().regex(DNS_LABEL, "must be a name: lower case letters, digits and '-'");
const Sync = z.enum(["Synced", "OutOfSync", "Unknown"]);
const Action = z.enum(["create", "update", "recreate", "unchanged", "prune", "refuse"]);

/** Configuration documents as they were read, so that a problem can say file and line. */
const KindOfObject = z.enum(Object.keys(KINDS) as [KindName, ...KindName[]]);

export const ApplyRequest = z
  .strictObject({
    files: z
      .array(z.strictObject({ file: z.string().describe("Name for problems only."), text: z.string() }))
      .min(1)
      .max(10_000),
  })
  .meta({ id: "ApplyRequest" });

/** An address to be asked for its refs, with credentials that are used for that only. */
export const RepositoryCheckRequest = z
  .strictObject({
    url: z.string().min(1),
    credentials: RepositoryCredentials.optional().describe(
      "Those of the Repository that covers the address when absent.",
    ),
  })
  .meta({ id: "RepositoryCheckRequest" });

export const RepositoryCheck = z
  .object({
    url: z.string(),
    refs: z.int().describe("How many refs it advertises; 0 of an empty repository."),
  })
  .meta({ id: "RepositoryCheck" });

export const ApplyResult = z
  .object({
    dryRun: z.boolean(),
    objects: z.array(
      z.object({
        kind: KindOfObject,
        name: z.string(),
        result: z.enum(["created", "configured", "unchanged"]),
      }),
    ),
    sequence: z.int().describe("Ledger sequence of the change; send it as `x-sluice-sequence` to read it."),
  })
  .meta({ id: "ApplyResult" });

export { SyncRequest } from "./sync-request.ts";

/** What became of one object in an operation; in a dry run, what would. */
export const OutcomeView = z
  .object({
    object: z.string().describe("`group/Kind/namespace/name`"),
    action: Action,
    result: z
      .enum(["applied", "unchanged", "pruned", "refused", "failed", "pending"])
      .describe("In a dry run what would be; `pending` is what can't be told before it is done."),
    reason: z.string().optional(),
    message: z.string().optional(),
    health: Health,
    hook: z.string().optional().describe("Phase that it runs in as a hook; absent for what the application owns."),
  })
  .meta({ id: "OutcomeView" });
export type OutcomeView = z.output<typeof OutcomeView>;

/** A sync window and where it stands now. */
export const WindowView = SyncWindow.extend({
  text: z.string().describe("The window in a line."),
  state: z.enum(["Open", "Closed"]).describe("A deny window that is open denies, an allow window allows."),
  closesAt: z.string().optional().describe("RFC 3339; when an open one closes, or until when that is known."),
  opensAt: z.string().optional().describe("RFC 3339; when a closed one opens."),
}).meta({ id: "WindowView" });
export type WindowView = z.output<typeof WindowView>;

export const TerminateRequest = z
  .strictObject({ operation: z.string().optional().describe("The running one when absent.") })
  .meta({ id: "TerminateRequest" });

export const ConfirmRequest = z
  .strictObject({ operation: z.string().optional().describe("The running one when absent.") })
  .meta({ id: "ConfirmRequest" });

/** An accepted command: the operation it asks for begins when its application is free. */
export const Accepted = z
  .object({
    application: z.string(),
    operation: z.string().describe("Id of the operation to be, or to end; `*` is the running one."),
    sequence: z.int().describe("Ledger sequence at the time it was accepted: events after it tell what became of it."),
  })
  .meta({ id: "Accepted" });

export const Deleted = z
  .object({
    kind: KindOfObject,
    name: z.string(),
    sequence: z.int(),
  })
  .meta({ id: "Deleted" });

/** One object an application owns, as it is now known. */
export const ResourceView = z
  .object({
    group: z.string(),
    kind: z.string(),
    namespace: z.string(),
    name: z.string(),
    apiVersion: z.string(),
    uid: z.string().nullable(),
    sync: Sync,
    health: Health,
    message: z.string().optional(),
  })
  .meta({ id: "ResourceView" });

const Manifest = z.record(z.string(), z.unknown());

export const Manifests = z
  .object({
    application: z.string(),
    revision: z.string(),
    artifact: z.string(),
    objects: z.array(Manifest).describe("As rendered; a keyed digest stands for each secret value."),
  })
  .meta({ id: "Manifests" });

/** Desired against live, object by object. Secret values are keyed digests on both sides. */
export const Comparison = z
  .object({
    application: z.string(),
    revision: z.string().describe("`local` for local files."),
    sync: Sync,
    counts: z
      .object({ create: z.int(), update: z.int(), recreate: z.int(), prune: z.int(), refuse: z.int() })
      .describe("Objects by what a sync would do with them."),
    warnings: z
      .array(z.string())
      .describe("What the comparison could not do, such as a rule of ignoreDifferences that took too long."),
    hooks: z
      .array(z.object({ object: z.string(), phase: z.string(), wave: z.int() }))
      .optional()
      .describe("Hooks of this revision that a sync runs, in their order; absent when there are none."),
    objects: z.array(
      z.object({
        object: z.string().describe("`group/Kind/namespace/name`"),
        action: Action.describe("What a sync would do."),
        reason: z.string(),
        message: z.string().optional(),
        desired: Manifest.nullable().describe("What a sync would leave there; null for a prune."),
        live: Manifest.nullable().describe("What is there; null when nothing is."),
        conflicts: z.array(z.object({ manager: z.string(), field: z.string() })).optional(),
      }),
    ),
  })
  .meta({ id: "Comparison" });

/** Why an application is not as it should be, the first cause the one that counts. */
export const WhyAnswer = z
  .object({
    application: z.string(),
    standing: z.enum(["Waiting", "Working", "Failed", "Kept", "OutOfSync", "Unhealthy", "AsDesired"]),
    asOf: z
      .object({ revision: z.string(), at: z.string() })
      .optional()
      .describe("The commit that it was last compared with or synced to; what came after is not known yet."),
    causes: z.array(
      z.object({
        reason: z.string().describe("One CamelCase word: the hold's, the error's or the health's."),
        message: z.string(),
        object: z.string().optional().describe("`group/Kind/namespace/name`"),
        since: z.string().optional(),
        until: z.string().optional().describe("When it ends by itself, or is tried again, at the latest."),
        who: z.string().describe("Who can change it."),
        next: z.string().describe("The next command to type."),
      }),
    ),
  })
  .meta({ id: "WhyAnswer" });
export type WhyAnswer = z.output<typeof WhyAnswer>;

/** An event of the ledger as the API shows it. */
export const EventView = z
  .object({
    sequence: z.int(),
    index: z.int(),
    aggregate: z.object({ type: z.string(), name: z.string() }),
    type: z.string(),
    data: z.record(z.string(), z.unknown()),
    at: z.string(),
    actor: ActorSchema,
    cause: z.string(),
  })
  .meta({ id: "EventView" });

export const Version = z
  .object({ version: z.string(), api: z.literal("v1"), node: z.string() })
  .meta({ id: "Version" });

export const Finding = z
  .object({
    check: z.string(),
    status: z.enum(["ok", "warning", "failed"]),
    message: z.string(),
    next: z.string().optional(),
  })
  .meta({ id: "Finding" });

export const Doctor = z.object({ findings: z.array(Finding) }).meta({ id: "Doctor" });

export const Verification = z
  .object({
    checked: z.int().describe("Messages read."),
    broken: z.array(z.object({ subject: z.string(), sequence: z.int(), message: z.string() })),
  })
  .meta({ id: "Verification" });

export const Rebuild = z
  .object({
    events: z.int().describe("Events folded."),
    sequence: z.int(),
    durationMs: z.int(),
    identical: z.boolean().describe("Whether the views came out byte-identical to those before."),
  })
  .meta({ id: "Rebuild" });

export const NameParams = z.strictObject({ name: Name });
export const OperationParams = z.strictObject({ application: Name, operation: z.string().min(1).max(128) });

const Flag = z.enum(["true", "false"]).transform((text) => text === "true");
const Count = z.coerce.number().int();

export const Page = z.strictObject({
  limit: Count.min(1).max(10_000).optional().describe("At most so many; all when absent."),
  continue: z.string().max(512).optional().describe("`continue` of the page before."),
});
export const ApplicationPage = Page.extend({
  project: z.string().optional(),
  cluster: z.string().optional(),
  label: z.string().optional().describe("`key=value`, or `key` for any value."),
});
export const DeliveryPage = Page.extend({ repository: z.string().optional() });
export const ApplyQuery = z.strictObject({ dryRun: Flag.optional() });
export const DeleteApplicationQuery = z.strictObject({
  cascade: Flag.optional().describe("true (default): everything it owns in the cluster is deleted first."),
  force: Flag.optional().describe("true: also when other applications depend on it."),
  orphan: Flag.optional().describe("true: everything it owns stays, without our marks; the cluster must be in reach."),
  propagation: z
    .enum(["foreground", "background", "orphan"])
    .optional()
    .describe("How the dependents of its objects go; as its PrunePropagationPolicy says when absent."),
  confirm: Flag.optional().describe("true: says yes to what Delete=confirm guards."),
});
export const DiffQuery = z.strictObject({
  revision: z.string().min(1).optional(),
  local: LocalDigest.optional().describe("Of local files that were sent, in place of the source."),
});
export const EventsQuery = z.strictObject({
  application: AggregateName.optional(),
  pipeline: AggregateName.optional().describe("Only those of a pipeline and its promotions."),
  type: z.string().optional().describe("Event type such as `SyncSucceeded`; several with commas."),
  after: Count.min(0).optional().describe("Only events after this ledger sequence."),
  last: Count.min(0).max(10_000).optional().describe("Begin so many ledger messages before the end."),
  limit: Count.min(1).max(10_000).optional(),
});

export type ApplyRequest = z.output<typeof ApplyRequest>;
export type ApplyResult = z.output<typeof ApplyResult>;
export type Accepted = z.output<typeof Accepted>;
export type ResourceView = z.output<typeof ResourceView>;
export type Manifests = z.output<typeof Manifests>;
export type Comparison = z.output<typeof Comparison>;
export type EventView = z.output<typeof EventView>;
export type Finding = z.output<typeof Finding>;
export type Rebuild = z.output<typeof Rebuild>;
export type Verification = z.output<typeof Verification>;
