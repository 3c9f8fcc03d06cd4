import { z } from "zod";
import { API_VERSION, Metadata } from "./metadata.ts";

export const ACCOUNT_ROLES = ["viewer", "operator", "admin"] as const;

export const AccountSpec = z.strictObject({
  role: z
    .enum(ACCOUNT_ROLES)
    .default("viewer")
    .describe(
      "viewer: reads everything, and approves where a gate names it. operator: also syncs, promotes, rolls back. admin: also configures.",
    ),
  groups: z.array(z.string().min(1).max(253)).max(100).default([]).describe("Groups that gates and policies name."),
  email: z.email().optional().describe("Address of its commits, and of mail to it."),
  aliases: z
    .array(z.string().min(1).max(253))
    .max(50)
    .default([])
    .describe("Other names and addresses of its commits and webhooks, so that nobody approves what is his own."),
  disabled: z.boolean().default(false).describe("None of its tokens is taken."),
  description: z.string().max(1_000).optional(),
});

export const Account = z
  .strictObject({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal("Account"),
    metadata: Metadata,
    spec: AccountSpec.prefault({}),
  })
  .describe(
    "A person or a machine that may use the API, with its groups; its tokens come from `sluice account token`.",
  );

export type AccountSpec = z.output<typeof AccountSpec>;
export type Account = z.output<typeof Account>;
