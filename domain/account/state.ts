import type { AccountSpec } from "../../schemas/kinds/account.ts";
import type { Configured } from "../configuration/configured.ts";

/** The account that the server's own token is of. It is there without being described, and has the role admin. */
export const OWN_ACCOUNT = "admin";

/** The name that Sluice itself acts under; no account has it. */
export const SLUICE = "sluice";

/** A token as the ledger has it: a digest of it, never the token. */
export interface IssuedToken {
  /** sha256 (hex) of the token. */
  digest: string;
  /** RFC 3339; absent for one that holds until it is revoked. */
  expiresAt?: string | undefined;
}

/** An account as its events say it is. */
export interface AccountState extends Configured<AccountSpec> {
  /** Those that were not revoked, by id. */
  tokens: Record<string, IssuedToken>;
}

export const initialAccount: AccountState = { tokens: {} };

/** Tokens of one account that hold at once. */
export const MOST_TOKENS = 50;
