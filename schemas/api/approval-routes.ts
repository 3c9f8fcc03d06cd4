import { z } from "zod";
import { DifferenceCountsSchema } from "../events/pipeline.ts";
import { Duration } from "../kinds/metadata.ts";
import { DNS_LABEL } from "../ids.ts";
import { PromotionParams } from "./promotion-routes.ts";
import { ReasonText } from "./plain-text.ts";
import { MISSING } from "./route-parts.ts";

const GateName = z
  .string()
  .min(1)
  .max(253)
  .optional()
  .describe("Which gate; the one that asks the caller when absent.");
const Seen = z
  .string()
  .regex(/^[0-9a-f]{64}$/, "must be the digest of a rendered difference")
  .describe("Digest of the difference that was seen: it counts for exactly this.");
const Via = z.enum(["api", "cli"]).default("api");

export const ApproveRequest = z
  .strictObject({ gate: GateName, difference: Seen, comment: ReasonText.optional(), via: Via })
  .meta({ id: "ApproveRequest" });

export const RejectRequest = z
  .strictObject({
    gate: GateName,
    difference: Seen.optional().describe("As it is now when absent."),
    reason: ReasonText,
    via: Via,
  })
  .meta({ id: "RejectRequest" });

export const DecisionRecorded = z
  .object({
    pipeline: z.string(),
    stage: z.string(),
    promotion: z.string(),
    release: z.string(),
    gate: z.string(),
    verdict: z.enum(["approve", "reject"]),
    by: z.string(),
    required: z.int().describe("How many different people have to say yes."),
    changed: z.boolean().describe("false: it was said before, and counts once."),
    sequence: z.int().describe("Ledger sequence that includes it."),
  })
  .meta({ id: "DecisionRecorded" });
export type DecisionRecorded = z.output<typeof DecisionRecorded>;

export const ApprovalLinkRequest = z
  .strictObject({
    person: z
      .string()
      .regex(DNS_LABEL, "must be the name of an account")
      .optional()
      .describe("Account that decides with it; oneself when absent, others only for administrators."),
    gate: GateName,
    expiresIn: Duration.default("24h"),
  })
  .meta({ id: "ApprovalLinkRequest" });

export const ApprovalLink = z
  .object({
    path: z.string().describe("Path of the page on this server. Whoever has it decides as that person, once."),
    person: z.string(),
    gate: z.string(),
    expiresAt: z.string(),
    counts: DifferenceCountsSchema,
  })
  .meta({ id: "ApprovalLink" });
export type ApprovalLink = z.output<typeof ApprovalLink>;

const decision = {
  method: "POST",
  params: PromotionParams,
  tag: "approvals",
  status: 200,
  errors: [...MISSING, "Conflict", "Forbidden", "Unavailable"],
} as const;

/** Routes of operators' yes and no. */
export const approvalRoutes = {
  approve: {
    ...decision,
    path: "/pipelines/:pipeline/promotions/:promotion/approve",
    summary: "Say yes to exactly this release and difference, at a gate that asks for it",
    body: ApproveRequest,
    answer: DecisionRecorded,
  },
  reject: {
    ...decision,
    path: "/pipelines/:pipeline/promotions/:promotion/reject",
    summary: "Say no, with a reason: the promotion ends",
    body: RejectRequest,
    answer: DecisionRecorded,
  },
  createApprovalLink: {
    ...decision,
    path: "/pipelines/:pipeline/promotions/:promotion/approval-links",
    summary: "Make a link that one person decides with, once, without a token",
    body: ApprovalLinkRequest,
    answer: ApprovalLink,
  },
} as const;
