import type { FastifyInstance, FastifyRequest } from "fastify";
import { SluiceError } from "../../schemas/errors.ts";
import { LINK_PATH } from "./approval-links.ts";
import { checkRole } from "./access.ts";
import type { Authenticate, Caller } from "./authenticate.ts";

/**
 * The only routes that need no token of ours: a webhook is authenticated by the gateway, by its signature, and a decision by the sealed
 * link that it comes with. Everything else is refused without one, whatever is registered on the app later, addresses that lead nowhere
 * included.
 */
const PUBLIC_ROUTES: ReadonlySet<string> = new Set([
  ...["/healthz", "/readyz", "/webhooks/:provider/:repository"],
  `${LINK_PATH}*`,
]);

/** Who makes a request that was let in, and whether it would be let in again now. */
export interface LetIn {
  caller: Caller;
  /** False once the token was revoked or expired, or the account lost the role that the route takes. */
  authorized(): boolean;
}

/** Lets a request in only with a valid token whose account has the role that the route takes. Returns who made a request. */
export function guard(app: FastifyInstance, authenticate: Authenticate): (request: FastifyRequest) => LetIn {
  const callers = new WeakMap<FastifyRequest, Caller>();
  const check = (request: FastifyRequest): Caller => {
    const caller = authenticate(request.headers.authorization);
    if (!caller) throw withoutToken();
    checkRole(caller, request.method, request.routeOptions.url);
    return caller;
  };
  app.addHook("onRequest", async (request) => {
    if (!PUBLIC_ROUTES.has(request.routeOptions.url ?? "")) callers.set(request, check(request));
  });
  return (request) => ({
    caller: callers.get(request) ?? check(request),
    authorized: () => holds(() => check(request)),
  });
}

function holds(check: () => unknown): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

/** The error for a request without a token that is taken. */
export const withoutToken = (): SluiceError =>
  new SluiceError("Unauthenticated", "The request carries no valid bearer token", {
    next: "Send `Authorization: Bearer <token>`: one of your account, or the server's own from the file `token` of its data directory.",
  });
