import { z } from "zod";
import { ReleaseView } from "../promotion-views.ts";
import * as body from "./bodies.ts";
import { list, MISSING, named, read } from "./route-parts.ts";

const ReleaseParams = z.strictObject({
  name: z.string().min(1).max(253),
  release: z.string().min(1).max(128).describe("Alias, or the beginning of the id, at least 7 digits."),
});

export const ReleaseObject = ReleaseView.meta({ id: "Release" });

const Failures = z
  .record(z.string(), z.object({ code: z.string(), message: z.string(), next: z.string().optional() }))
  .describe("Subscriptions that could not be read, and why.");

export const RefreshedSource = z
  .object({
    source: z.string(),
    release: z
      .object({ release: z.string(), alias: z.string(), created: z.boolean().describe("False: it was there.") })
      .optional()
      .describe(
        "What is newest of all subscriptions; absent where one could not be read, or releases are made by hand.",
      ),
    failures: Failures,
    sequence: z.int(),
  })
  .meta({ id: "RefreshedSource" });
export type RefreshedSource = z.output<typeof RefreshedSource>;

export const NewRelease = z
  .strictObject({
    chosen: z
      .record(z.string().max(63), z.string().min(1).max(255))
      .default({})
      .describe("By subscription, in place of the newest: a revision, a tag or digest, a version."),
  })
  .meta({ id: "NewRelease" });

export const CreatedRelease = z
  .object({
    source: z.string(),
    release: z.string(),
    alias: z.string(),
    created: z.boolean().describe("False: a release with this content was there."),
    sequence: z.int(),
  })
  .meta({ id: "CreatedRelease" });
export type CreatedRelease = z.output<typeof CreatedRelease>;

const LOOKING = [...MISSING, "Conflict", "Unavailable", "SourceUnavailable", "SourceForbidden"] as const;

/** Routes of releases. */
export const releaseRoutes = {
  listReleases: {
    ...read,
    ...named,
    path: "/releasesources/:name/releases",
    summary: "Releases of a source, newest first",
    tag: "promotion",
    query: body.Page,
    answer: list(ReleaseObject),
    errors: MISSING,
  },
  getRelease: {
    ...read,
    path: "/releasesources/:name/releases/:release",
    summary: "One release: its content, and the commits that it carries",
    tag: "promotion",
    params: ReleaseParams,
    answer: ReleaseObject,
    errors: MISSING,
  },
  createRelease: {
    ...named,
    method: "POST",
    path: "/releasesources/:name/releases",
    summary: "Make a release of what is newest, or of what is chosen",
    tag: "promotion",
    body: NewRelease,
    status: 200,
    answer: CreatedRelease,
    errors: [...LOOKING, "SourceRefused", "RevisionNotFound"],
  },
  refreshReleaseSource: {
    ...named,
    method: "POST",
    path: "/releasesources/:name/refresh",
    summary: "Look for something new now",
    tag: "promotion",
    status: 200,
    answer: RefreshedSource,
    errors: LOOKING,
  },
} as const;
