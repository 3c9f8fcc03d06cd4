import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import { API_PREFIX, ROUTES, type Route, type RouteId, SEQUENCE_HEADER } from "../../schemas/api/routes.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { stringifyRaw } from "../../schemas/raw-json.ts";
import { accountHandlers } from "./accounts.ts";
import { actionHandlers } from "./actions.ts";
import { applicationHandlers } from "./applications.ts";
import { createAuthenticate } from "./authenticate.ts";
import { registerApprovalPages } from "./approval-pages.ts";
import { approvalHandlers } from "./approvals.ts";
import { type Call, type Handlers, readCall } from "./call.ts";
import { answerClientError } from "./client-errors.ts";
import { breakGlassHandlers } from "./break-glass.ts";
import { commandHandlers } from "./commands.ts";
import { endConnectionsOnClose } from "./connections.ts";
import { configurationHandlers } from "./configuration.ts";
import { notificationHandlers } from "./notifications.ts";
import { doraHandlers } from "./dora.ts";
import { emergencyHandlers } from "./emergencies.ts";
import { eventHandlers } from "./events.ts";
import { guard, type LetIn, withoutToken } from "./guard.ts";
import { lineHandlers } from "./line.ts";
import { movingHandlers } from "./moving.ts";
import { secretHandlers } from "./verification-secrets.ts";
import { measureRequests } from "./request-metrics.ts";
import type { ApiPorts } from "./ports.ts";
import { answerable, answerProblems, sendProblem } from "./problem-answer.ts";
import { promotionConfigurationHandlers } from "./promotion-configuration.ts";
import { promotionHandlers } from "./promotions.ts";
import { releaseHandlers } from "./releases.ts";
import { rollbackHandlers } from "./rollback.ts";
import { stageHandlers } from "./stages.ts";
import { systemHandlers } from "./system.ts";
import type { Token } from "./token.ts";

/** Everything the API is made with. */
export interface ApiDependencies extends ApiPorts {
  tokens: readonly Token[];
  version: string;
  log: Logger;
  metrics: Registry;
  now?: () => Date;
  /** How long a request may take to come in whole, head and body. 60 s by default. */
  requestTimeoutMs?: number;
}

const DEFAULT_BODY_LIMIT = 64 * 1024;
/** The largest body, 8 MiB, comes in this time at 140 kB/s; a connection that trickles for longer is ended with 408. */
const REQUEST_TIMEOUT_MS = 60_000;
/** How long a request waits for views to include what it asks for. */
const REACH_LIMIT_MS = 10_000;

/** The HTTP app with every route of `/api/v1`. Health, metrics and webhooks are registered on it by the server. */
export function createApi(dependencies: ApiDependencies): FastifyInstance {
  const { requestTimeoutMs = REQUEST_TIMEOUT_MS } = dependencies;
  const now = dependencies.now ?? (() => new Date());
  const account = (name: string) => dependencies.views.get("accounts", name);
  const authenticate = createAuthenticate({ tokens: dependencies.tokens, account, now });
  const app = fastify({
    logger: false,
    bodyLimit: DEFAULT_BODY_LIMIT,
    // fastify's own default is none, for anybody who can connect.
    requestTimeout: requestTimeoutMs,
    http: timeouts(requestTimeoutMs),
    // The router refuses an address before any hook has looked at the token.
    frameworkErrors: (error, { headers }, reply) =>
      void sendProblem(reply, authenticate(headers.authorization) === undefined ? withoutToken() : answerable(error)),
    clientErrorHandler: answerClientError,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 256 },
  });
  app.removeContentTypeParser("text/plain");
  endConnectionsOnClose(app);
  const letIn = guard(app, authenticate);
  answerProblems(app, dependencies.log);
  measureRequests(app, dependencies.metrics);
  app.addHook("onSend", async (_request, reply) => {
    reply.header("cache-control", "no-store").header("x-content-type-options", "nosniff");
  });
  const handlers: Required<Handlers> = {
    ...configurationHandlers(dependencies, now),
    ...promotionConfigurationHandlers(dependencies, now),
    ...accountHandlers(dependencies, now),
    ...approvalHandlers(dependencies, now),
    ...promotionHandlers(dependencies, now),
    ...stageHandlers(dependencies, now),
    ...lineHandlers(dependencies, now),
    ...movingHandlers(dependencies, now),
    ...secretHandlers(dependencies, now),
    ...emergencyHandlers(dependencies, now),
    ...applicationHandlers(dependencies),
    ...commandHandlers(dependencies, now),
    ...rollbackHandlers(dependencies, now),
    ...actionHandlers(dependencies, now),
    ...breakGlassHandlers(dependencies, now),
    ...notificationHandlers(dependencies, now),
    ...doraHandlers(dependencies, now),
    ...releaseHandlers(dependencies),
    ...eventHandlers(dependencies, app),
    ...systemHandlers(dependencies),
  };
  for (const id of Object.keys(ROUTES) as RouteId[]) {
    registerRoute(app, ROUTES[id], handlers[id] as (call: Call<RouteId>) => Promise<unknown>, {
      projector: dependencies.projector,
      letIn,
    });
  }
  registerApprovalPages(app, { ports: dependencies, authenticate, now, log: dependencies.log });
  return app;
}

/** Node looks at its connections at intervals only, and lets a body go on past its limit while the head's limit is longer. */
const timeouts = (limitMs: number) => ({
  requestTimeout: limitMs,
  headersTimeout: limitMs,
  connectionsCheckingInterval: limitMs / 4,
});

function registerRoute(
  app: FastifyInstance,
  route: Route,
  handle: (call: Call<RouteId>) => Promise<unknown>,
  { projector, letIn }: Pick<ApiPorts, "projector"> & { letIn(request: FastifyRequest): LetIn },
): void {
  app.route({
    method: route.method,
    url: `${API_PREFIX}${route.path}`,
    ...(route.bodyLimit !== undefined && { bodyLimit: route.bodyLimit }),
    handler: async (request, reply) => {
      await reach(projector, request.headers[SEQUENCE_HEADER]);
      const answer = await handle(readCall(route, request, reply, letIn(request)));
      if (reply.sent) return reply;
      return sendAnswer(reply, route, answer, projector.sequence());
    },
  });
}

function sendAnswer(reply: FastifyReply, route: Route, answer: unknown, viewed: number): FastifyReply {
  const body = route.answer.parse(answer) as { sequence?: unknown };
  const own = route.method !== "GET" && typeof body.sequence === "number" ? body.sequence : viewed;
  return reply
    .code(route.status)
    .header(SEQUENCE_HEADER, String(own))
    .type("application/json; charset=utf-8")
    .send(stringifyRaw(body));
}

/** Waits until the views include the ledger sequence that the caller has seen, so that it reads its own writes. */
async function reach(projector: ApiPorts["projector"], header: string | string[] | undefined): Promise<void> {
  if (header === undefined) return;
  const sequence = Number(header);
  if (!Number.isSafeInteger(sequence) || sequence < 0) {
    throw new SluiceError("InvalidInput", `The header ${SEQUENCE_HEADER} is not a ledger sequence`);
  }
  if (sequence <= projector.sequence()) return;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(behind(sequence)), REACH_LIMIT_MS);
  });
  try {
    await Promise.race([projector.reached(sequence), late]);
  } finally {
    clearTimeout(timer);
  }
}

const behind = (sequence: number): SluiceError =>
  new SluiceError("Unavailable", `The views do not include ledger sequence ${sequence} yet`, {
    next: "Try again; if it stays so, look at /readyz.",
  });
