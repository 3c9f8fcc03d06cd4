import { z } from "zod";
import { ActorSchema } from "../facts.ts";
import { AccountSpec } from "../kinds/account.ts";

const Labels = { labels: z.record(z.string(), z.string()), annotations: z.record(z.string(), z.string()) };

/** Events of the aggregate `account`. A token itself stands nowhere: only a digest of it. */
export const accountEvents = {
  AccountCreated: z.object({ spec: AccountSpec, ...Labels }),
  AccountUpdated: z.object({ spec: AccountSpec, ...Labels }),
  AccountDeleted: z.object({}),
  AccountTokenIssued: z.object({
    id: z.string(),
    /** sha256 (hex) of the token, which holds 256 random bits. */
    digest: z.string(),
    by: ActorSchema,
    at: z.string(),
    expiresAt: z.string().optional(),
    description: z.string().optional(),
  }),
  AccountTokenRevoked: z.object({ id: z.string(), by: ActorSchema }),
} as const;
