import { z } from "zod";
import { Duration, Name } from "./metadata.ts";
import { SyncWindow } from "./project.ts";
import { Verification } from "./verification.ts";

/** Who has to say yes, and how many of them. */
export const Approval = z
  .strictObject({
    required: z.int().min(1).max(50).default(1).describe("How many different people."),
    groups: z.array(z.string().min(1).max(253)).max(50).default([]).describe("Groups of Accounts who may."),
    people: z.array(z.string().min(1).max(253)).max(200).default([]).describe("Names of Accounts who may."),
    expiresAfter: Duration.optional().describe("An approval counts this long; without it until it is void."),
    allowSelfApproval: z
      .boolean()
      .default(false)
      .describe("Authors of the release's commits and who started the promotion may approve too."),
    requireComment: z.boolean().default(false),
  })
  .refine(({ groups, people }) => groups.length + people.length > 0, {
    message: "name groups or people who may approve",
  });

/** When a stage takes releases: an allow window beats nothing, a deny window beats it, as with sync windows. */
export const PromotionWindow = SyncWindow.pick({
  kind: true,
  schedule: true,
  duration: true,
  timeZone: true,
  description: true,
});

export const StageDependency = z.strictObject({
  pipeline: Name,
  stage: Name,
  state: z
    .enum(["Idle", "Verified"])
    .default("Verified")
    .describe("Verified: what that stage runs is verified there. Idle: no promotion runs there either."),
});

/** One condition of a release's way into a stage. */
export const Gate = z
  .strictObject({
    name: Name,
    soak: Duration.optional().describe("How long the release has to be verified in the stages before."),
    approval: Approval.optional(),
    windows: z.array(PromotionWindow).min(1).max(50).optional().describe("Freeze windows."),
    verification: Verification.optional(),
    expression: z
      .strictObject({
        cel: z
          .string()
          .min(1)
          .max(10_000)
          .describe("CEL over `release`, `stage`, `diff`, `now` and `trigger`; true passes."),
        onFalse: z.enum(["wait", "block"]).default("block"),
        message: z.string().max(1_000).optional().describe("What to say while it is false."),
      })
      .optional(),
    dependency: StageDependency.optional(),
    policy: Name.optional().describe("The gates of a GatePolicy, in its place."),
  })
  .refine(
    (gate) => Object.values(gate).filter((one) => one !== undefined).length === 2,
    "exactly one of soak, approval, windows, verification, expression, dependency and policy must be set",
  );

export type Approval = z.output<typeof Approval>;
export type PromotionWindow = z.output<typeof PromotionWindow>;
export type Gate = z.output<typeof Gate>;
