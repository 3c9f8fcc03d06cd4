import { ACCESS, type AccountRole, UNLISTED } from "../../schemas/api/access.ts";
import { API_PREFIX, ROUTES, type Route } from "../../schemas/api/routes.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { ACCOUNT_ROLES } from "../../schemas/kinds/account.ts";
import type { Caller } from "./authenticate.ts";

/** `METHOD /path` of every route of the API, and the role that it takes. */
const ROLES: ReadonlyMap<string, AccountRole> = new Map([
  ...Object.entries(ROUTES as Record<string, Route>).map(
    ([id, { method, path }]) => [`${method} ${API_PREFIX}${path}`, ACCESS.get(id) ?? UNLISTED] as const,
  ),
  ["GET /metrics", "viewer"] as const,
]);

/** The role that an address takes at least; what is registered and not listed takes an administrator. */
export const roleFor = (method: string, url: string): AccountRole =>
  ROLES.get(`${method === "HEAD" ? "GET" : method} ${url}`) ?? UNLISTED;

export const hasRole = ({ role }: Pick<Caller, "role">, needed: AccountRole): boolean =>
  ACCOUNT_ROLES.indexOf(role) >= ACCOUNT_ROLES.indexOf(needed);

/** Throws Forbidden, naming the role, where a caller's is not enough. An address that leads nowhere takes none. */
export function checkRole(caller: Caller, method: string, url: string | undefined): void {
  if (url === undefined) return;
  const needed = roleFor(method, url);
  if (hasRole(caller, needed)) return;
  throw new SluiceError(
    "Forbidden",
    `It takes the role ${needed}, and the account ${caller.account} has ${caller.role}`,
    {
      next: `Ask an administrator: the role stands in spec.role of Account ${caller.account}.`,
    },
  );
}
