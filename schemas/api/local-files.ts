import { z } from "zod";

/** Largest upload: all files together, as they are. */
export const MOST_LOCAL_BYTES = 10 * 1024 * 1024;
export const MOST_LOCAL_FILES = 10_000;
/** The same in base64, with the paths. */
export const LOCAL_BODY_BYTES = 18 * 1024 * 1024;

/** Files given by hand in place of an application's source. */
export const LocalFiles = z
  .strictObject({
    files: z
      .array(
        z.strictObject({
          path: z.string().min(1).max(4_096).describe("From the directory that stands for the repository's root."),
          content: z.base64().describe("The file's bytes in base64."),
        }),
      )
      .min(1)
      .max(MOST_LOCAL_FILES)
      .describe(`At most ${MOST_LOCAL_BYTES / 1024 / 1024} MiB together.`),
    path: z.string().max(4_096).default(".").describe("Directory among them that stands for the application's path."),
    manifests: z
      .boolean()
      .default(false)
      .describe("They are manifests, to be read as they are, however the application is rendered."),
  })
  .meta({ id: "LocalFiles" });

/** What was rendered of them and stored, its Secret values sealed. */
export const LocalManifests = z
  .object({
    application: z.string(),
    local: z.string().describe("What a diff or a sync of them is asked for by."),
    objects: z.int().describe("How many objects they render to."),
  })
  .meta({ id: "LocalManifests" });

/** What stands for stored local manifests. */
export const LocalDigest = z.string().regex(/^[0-9a-f]{64}$/, "must be what an upload of local files answered");

export type LocalFiles = z.output<typeof LocalFiles>;
export type LocalManifests = z.output<typeof LocalManifests>;
