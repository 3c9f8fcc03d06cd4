import { z } from "zod";
import { Duration } from "../kinds/metadata.ts";
import { BreakGlassView } from "../views.ts";
import { Line, ReasonText } from "./plain-text.ts";
import { MISSING, named } from "./route-parts.ts";

/** Which names git takes for a branch is looked at by the handler. */
const Branch = z.string().min(1).max(255);
const Then = z.enum(["PutBack", "Commit"]);

/** A break-glass of an application. */
export const BreakGlass = BreakGlassView.extend({ application: z.string() }).meta({ id: "BreakGlass" });
export type BreakGlass = z.output<typeof BreakGlass>;

export const BreakGlassRequest = z
  .strictObject({
    for: Duration.describe("How long self-heal is suspended from now on; up to 24h."),
    reason: ReasonText,
    people: z
      .array(Line)
      .max(100)
      .default([])
      .describe("Who may sync by hand meanwhile; everybody who may otherwise when empty."),
    then: Then.default("PutBack").describe("What becomes of the difference at the end."),
    branch: Branch.optional().describe("Commit: the branch that the difference goes to."),
  })
  .meta({ id: "BreakGlassRequest" });

export const ExtendBreakGlassRequest = z
  .strictObject({ for: Duration.describe("How long from now on; up to 24h.") })
  .meta({ id: "ExtendBreakGlassRequest" });

export const EndBreakGlassRequest = z
  .strictObject({ then: Then.optional(), branch: Branch.optional() })
  .meta({ id: "EndBreakGlassRequest" });

const DifferingFile = z.object({
  path: z.string(),
  change: z.enum(["created", "changed", "removed"]),
  objects: z
    .array(
      z.object({
        object: z.string().describe("`group/Kind/namespace/name`"),
        change: z.enum(["changed", "removed"]),
        fields: z
          .array(z.object({ path: z.string(), was: z.string().optional(), is: z.string().optional() }))
          .describe("What changes in its manifest; values are JSON, shortened, and absent where there is none."),
      }),
    )
    .describe("Objects whose manifest or patch it holds."),
  patches: z.array(z.string()).describe("Patch files that a kustomization would name."),
});

/** What was changed by hand, as changes of the manifests. Secret values are left out. */
export const BreakGlassDiff = z
  .object({
    application: z.string(),
    revision: z.string().describe("Commit that the changes are made against."),
    files: z
      .array(DifferingFile)
      .describe("Files of the repository that would be another. Their text is not shown: it may hold secret values."),
    skipped: z
      .array(z.object({ object: z.string(), message: z.string() }))
      .describe("Objects whose difference can't be written to a file, and why."),
    added: z
      .array(z.object({ object: z.string(), field: z.string(), managers: z.array(z.string()) }))
      .describe("Fields that others wrote since it began and that were never Sluice's: putting back leaves them."),
  })
  .meta({ id: "BreakGlassDiff" });
export type BreakGlassDiff = z.output<typeof BreakGlassDiff>;

/** An object in an application's namespaces that no application owns. */
export const Orphan = z
  .object({
    group: z.string(),
    kind: z.string(),
    namespace: z.string(),
    name: z.string(),
    apiVersion: z.string(),
    uid: z.string(),
    createdAt: z.string().optional(),
  })
  .meta({ id: "Orphan" });
export type Orphan = z.output<typeof Orphan>;

export const Orphans = z
  .object({
    items: z.array(Orphan),
    unread: z
      .array(z.object({ kind: z.string(), message: z.string() }))
      .describe("Kinds that could not be listed, so that nothing is said of them."),
    truncated: z.boolean().describe("There are more than are listed."),
    warn: z.boolean().describe("The project wants to be warned of them: orphanedResources.warn."),
  })
  .meta({ id: "Orphans" });
export type Orphans = z.output<typeof Orphans>;

const application = { ...named, tag: "applications" } as const;

/** Routes of break-glass and of objects that nobody owns. */
export const driftRoutes = {
  listBreakGlasses: {
    method: "GET",
    path: "/break-glass",
    summary: "Every break-glass that is on, or not resolved yet",
    tag: "applications",
    status: 200,
    answer: z.object({ items: z.array(BreakGlass) }),
    errors: [],
  },
  getBreakGlass: {
    ...application,
    method: "GET",
    path: "/applications/:name/break-glass",
    summary: "The break-glass of an application",
    status: 200,
    answer: BreakGlass,
    errors: MISSING,
  },
  startBreakGlass: {
    ...application,
    method: "POST",
    path: "/applications/:name/break-glass",
    summary: "Suspend self-heal for a while",
    body: BreakGlassRequest,
    status: 200,
    answer: BreakGlass,
    errors: [...MISSING, "Conflict", "Unavailable"],
  },
  extendBreakGlass: {
    ...application,
    method: "POST",
    path: "/applications/:name/break-glass/extend",
    summary: "Let a break-glass end at another time",
    body: ExtendBreakGlassRequest,
    status: 200,
    answer: BreakGlass,
    errors: [...MISSING, "Conflict", "Unavailable"],
  },
  endBreakGlass: {
    ...application,
    method: "POST",
    path: "/applications/:name/break-glass/end",
    summary: "End a break-glass, and put back or commit what was changed by hand",
    body: EndBreakGlassRequest,
    status: 200,
    answer: BreakGlass,
    errors: [...MISSING, "Conflict", "Unavailable"],
  },
  diffBreakGlass: {
    ...application,
    method: "GET",
    path: "/applications/:name/break-glass/diff",
    summary: "What was changed by hand, as changes of the manifests in the repository",
    status: 200,
    answer: BreakGlassDiff,
    errors: [...MISSING, "SourceUnavailable", "ClusterUnavailable"],
  },
  listOrphans: {
    ...application,
    method: "GET",
    path: "/applications/:name/orphans",
    summary: "Objects in the application's namespaces that no application owns",
    status: 200,
    answer: Orphans,
    errors: [...MISSING, "ClusterUnavailable"],
  },
} as const;
