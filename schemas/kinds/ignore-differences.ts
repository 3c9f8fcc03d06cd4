import { z } from "zod";

const Ignored = {
  jsonPointers: z
    .array(
      z
        .string()
        .max(2_000)
        .regex(/^(?:\/(?:[^~/]|~[01])*)+$/, "must be a JSON pointer such as /spec/replicas"),
    )
    .max(1_000)
    .optional()
    .describe("Such as `/spec/replicas`; `~1` stands for `/` in a name, `~0` for `~`."),
  jqPathExpressions: z
    .array(z.string().min(1).max(2_000))
    .max(100)
    .optional()
    .describe("jq paths such as `.spec.template.spec.initContainers[]`."),
  managedFieldsManagers: z.array(z.string().min(1)).optional().describe("Field managers whose fields don't count."),
};

/** Fields that don't count when desired and live are compared, as Argo CD writes them. */
export const IgnoreDifferences = z.strictObject({
  group: z.string().default("").describe("API group; empty is the core group, `*` any."),
  kind: z.string().min(1).describe("Kind; `*` any."),
  name: z.string().optional().describe("Glob of names; all when absent."),
  namespace: z.string().optional().describe("Glob of namespaces; all when absent."),
  ...Ignored,
});

/** The same without naming the object: for a kind that is named elsewhere. */
export const IgnoredFields = z.strictObject(Ignored);

export type IgnoreDifferences = z.output<typeof IgnoreDifferences>;
export type IgnoredFields = z.output<typeof IgnoredFields>;
