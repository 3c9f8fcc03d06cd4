import { z } from "zod";
import { ACCOUNT_ROLES } from "../kinds/account.ts";
import { Duration } from "../kinds/metadata.ts";
import { DNS_LABEL } from "../ids.ts";
import { MISSING, read } from "./route-parts.ts";
import { Line } from "./plain-text.ts";

const AccountName = z.string().regex(DNS_LABEL, "must be the name of an account");

export const TokenRequest = z
  .strictObject({
    expiresIn: Duration.optional().describe("How long it is taken; until it is revoked when absent."),
    description: Line.optional().describe("What it is for, such as the machine that has it."),
  })
  .meta({ id: "TokenRequest" });

/** The only answer that ever holds a token. */
export const IssuedToken = z
  .object({
    account: z.string(),
    id: z.string().describe("Names the token where it is listed or revoked."),
    token: z.string().describe("Shown this once; the server keeps a digest of it."),
    expiresAt: z.string().optional(),
    sequence: z.int(),
  })
  .meta({ id: "IssuedToken" });
export type IssuedToken = z.output<typeof IssuedToken>;

export const RevokedToken = z
  .object({ account: z.string(), id: z.string(), sequence: z.int() })
  .meta({ id: "RevokedToken" });
export type RevokedToken = z.output<typeof RevokedToken>;

export const WhoAmI = z
  .object({
    account: z.string(),
    role: z.enum(ACCOUNT_ROLES),
    groups: z.array(z.string()),
    token: z
      .object({ id: z.string(), expiresAt: z.string().optional() })
      .optional()
      .describe("The token that asks; absent for the server's own."),
  })
  .meta({ id: "WhoAmI" });
export type WhoAmI = z.output<typeof WhoAmI>;

/** Routes of accounts beside their configuration. */
export const accountRoutes = {
  issueToken: {
    method: "POST",
    path: "/accounts/:name/tokens",
    params: z.strictObject({ name: AccountName }),
    summary: "Make a token for an account; it is shown this once",
    tag: "accounts",
    body: TokenRequest,
    status: 200,
    answer: IssuedToken,
    errors: [...MISSING, "Conflict", "Unavailable"],
  },
  revokeToken: {
    method: "DELETE",
    path: "/accounts/:name/tokens/:id",
    params: z.strictObject({
      name: AccountName,
      id: z.string().regex(/^[0-9a-z]{1,64}$/, "must be the id of a token"),
    }),
    summary: "Take a token back: no request with it is taken from now on, and open streams of it end",
    tag: "accounts",
    status: 200,
    answer: RevokedToken,
    errors: [...MISSING, "Conflict", "Unavailable"],
  },
  whoami: {
    ...read,
    path: "/whoami",
    summary: "Whose token asks, and what it may",
    tag: "accounts",
    answer: WhoAmI,
    errors: [],
  },
} as const;
