import { z } from "zod";
import { SyncOption } from "../kinds/application.ts";
import { Duration } from "../kinds/metadata.ts";
import { ReasonText } from "./plain-text.ts";
import { LocalDigest } from "./local-files.ts";
import { parseLabelSelector } from "../label-selector.ts";

/** What may be asked of one sync, beside the application's own policy. */

const Glob = z.string().max(253);

/** An object or several; what is absent matches any. */
export const SelectedResource = z
  .strictObject({
    group: Glob.optional().describe("API group; empty is the core group."),
    kind: Glob.min(1).optional(),
    namespace: Glob.optional().describe("Empty is none."),
    name: Glob.min(1).optional(),
    exclude: z.boolean().optional().describe("All but these."),
  })
  .describe("Globs; what is absent matches any.");

const LabelSelector = z
  .string()
  .min(1)
  .max(1_000)
  .refine((text) => parseLabelSelector(text) !== undefined, {
    message: "is no label selector: write it as tier=web,env in (prod,staging),!canary",
  });

const RetryRequest = z.strictObject({
  limit: z.int().min(-1).optional(),
  backoff: z
    .strictObject({
      duration: Duration.optional(),
      factor: z.number().min(1).max(100).optional(),
      maxDuration: Duration.optional(),
    })
    .optional(),
  refresh: z.boolean().optional(),
});

export const SyncRequest = z
  .strictObject({
    revision: z.string().min(1).optional().describe("Another revision than the application's own, for this once."),
    prune: z.boolean().optional().describe("Overrides the policy's prune for this operation."),
    dryRun: z.boolean().optional().describe("Plans and asks the API server, writes nothing."),
    force: z.boolean().optional().describe("As the sync option Force=true, for this once."),
    replace: z.boolean().optional().describe("As the sync option Replace=true, for this once."),
    syncOptions: z.array(SyncOption).max(50).optional().describe("Over the application's own, for this once."),
    resources: z
      .array(SelectedResource)
      .min(1)
      .max(1_000)
      .optional()
      .describe("Only these objects: no hooks, no prune of others, not in the history of deployments."),
    labels: LabelSelector.optional().describe("Only objects with these labels, as a Kubernetes label selector."),
    local: LocalDigest.optional().describe(
      "Of local files that were sent, in place of the source; not in the history of deployments.",
    ),
    confirm: z.boolean().optional().describe("Confirms guarded prunes beforehand."),
    overrideWindow: z
      .strictObject({ reason: ReasonText })
      .optional()
      .describe("Go on in a closed sync window, where one of its overrideRoles allows it."),
    retry: RetryRequest.optional().describe("Over the policy's retry, field by field."),
  })
  .meta({ id: "SyncRequest" });

export type SyncRequest = z.output<typeof SyncRequest>;
