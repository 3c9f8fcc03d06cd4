import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { OWN_ACCOUNT } from "../../domain/account/state.ts";
import type { AccountRole } from "../../schemas/api/access.ts";
import type { AccountView } from "../../schemas/promotion-views.ts";
import { type Token, tokenReader } from "./token.ts";

/** Who makes a request. */
export interface Caller {
  account: string;
  role: AccountRole;
  groups: readonly string[];
  /** Absent for the server's own token. */
  token?: { id: string; expiresAt?: string | undefined };
}

/** Finds who an Authorization header is of, as accounts and tokens are now; undefined for nobody. */
export type Authenticate = (header: string | undefined) => Caller | undefined;

/** `sluice_<account>_<id>_<secret>`: the account and the id are no secret, and make looking it up cheap; 256 random bits are. */
const FORM = /^Bearer +(sluice_([a-z0-9-]{1,63})_([0-9a-z]{1,64})_[\w-]{43}) *$/i;
const NOBODY = Buffer.alloc(32);

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();

/** A new token of an account, its id, and the digest that is kept of it. */
export function newToken(account: string): { id: string; token: string; digest: string } {
  const id = randomBytes(5).toString("hex");
  const token = `sluice_${account}_${id}_${randomBytes(32).toString("base64url")}`;
  return { id, token, digest: sha256(token).toString("hex") };
}

/**
 * Reads tokens of the server itself and of accounts. A token is taken while its account is there and not disabled, before it expires, and
 * until it is revoked; digests are compared in constant time, also where there is none to compare with.
 */
export function createAuthenticate(deps: {
  /** The server's own. */
  tokens: readonly Token[];
  account(name: string): AccountView | undefined;
  now(): Date;
}): Authenticate {
  const ownName = tokenReader(deps.tokens);
  return (header) => {
    const own = ownName(header);
    if (own !== undefined) {
      return { account: own, role: "admin", groups: deps.account(own)?.spec.groups ?? [] };
    }
    const [, token, name = "", id = ""] = FORM.exec(header ?? "") ?? [];
    const account = token === undefined ? undefined : deps.account(name);
    const known = account?.tokens.find((one) => one.id === id);
    const digest = known === undefined ? NOBODY : Buffer.from(known.digest, "hex");
    const fits = timingSafeEqual(sized(digest), sha256(token ?? ""));
    if (!fits || !known || !account || account.spec.disabled) return undefined;
    const { expiresAt } = known;
    if (expiresAt !== undefined && deps.now().getTime() >= Date.parse(expiresAt)) return undefined;
    return {
      account: account.name,
      role: account.name === OWN_ACCOUNT ? "admin" : account.spec.role,
      groups: account.spec.groups,
      token: { id, ...(expiresAt !== undefined && { expiresAt }) },
    };
  };
}

/** Comparing takes equal lengths, and what is stored is not ours to trust. */
const sized = (digest: Buffer): Buffer => (digest.length === NOBODY.length ? digest : NOBODY);
