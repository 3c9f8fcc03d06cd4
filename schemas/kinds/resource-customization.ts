import { z } from "zod";
import { IgnoredFields } from "./ignore-differences.ts";
import { API_VERSION, Metadata } from "./metadata.ts";

/** Health that a check of one's own may say; Missing and Unknown are for Sluice to say. */
const CheckedHealth = z.enum(["Healthy", "Progressing", "Degraded", "Suspended"]);

/** As much as a ConfigMap may hold in Argo CD would be too much to run on every change of an object. */
const Expression = z.string().min(1).max(10_000);

const HealthRule = z.strictObject({
  status: CheckedHealth,
  when: Expression.describe(
    "CEL expression over `object` that is true or false; a field that is not there makes it false.",
  ),
  message: Expression.optional().describe("CEL expression that gives a text, such as `object.status.reason`."),
});

const HealthCheck = z
  .strictObject({
    cel: z
      .array(HealthRule)
      .min(1)
      .max(50)
      .optional()
      .describe(
        "The first rule that is true says the health. None: Progressing when one of the rules says Healthy, else as without this check.",
      ),
    lua: z
      .string()
      .min(1)
      .max(100_000)
      .optional()
      .describe(
        "Argo CD's health.lua as it is: the global `obj` is the object, the script returns `{status, message}`.",
      ),
  })
  .refine(({ cel, lua }) => (cel === undefined) !== (lua === undefined), "give either cel or lua");

/** `*`, `*.example.com`, `apps`; the core group is empty. */
const Group = z
  .string()
  .max(253)
  .regex(
    /^(?:\*|(?:\*\.)?[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?|)$/,
    "must be an API group, `*`, or `*.` and the end of a group",
  );

/** `*`, `Deployment`, `*Claim`. */
const Kind = z.string().regex(/^[A-Za-z0-9*]{1,63}$/, "must be a kind, with `*` for any letters");

export const ResourceCustomizationSpec = z.strictObject({
  group: Group.default("").describe("API group; empty is the core group, `*` any, `*.example.com` all that end so."),
  kind: Kind.describe("Kind; `*` stands for any letters."),
  health: HealthCheck.optional().describe(
    "How the health of these objects is told; it wins over what Sluice knows of the kind.",
  ),
  ignoreDifferences: IgnoredFields.optional().describe(
    "Fields of these objects that never count as a difference, in any application.",
  ),
});

export const ResourceCustomization = z
  .strictObject({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal("ResourceCustomization"),
    metadata: Metadata,
    spec: ResourceCustomizationSpec,
  })
  .describe(
    "What Sluice is told of a kind of object: how to judge its health, which differences don't count. Argo CD's resource.customizations.",
  );

export type ResourceCustomizationSpec = z.output<typeof ResourceCustomizationSpec>;
export type ResourceCustomization = z.output<typeof ResourceCustomization>;
