import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { Counter, Histogram, type Registry } from "prom-client";
import { setTimeout as sleep } from "node:timers/promises";
import { PROVIDERS } from "../../schemas/providers.ts";
import type { Service } from "../service.ts";
import { problem, type Answer } from "./problem.ts";
import { receive, type IntakePublisher, type Receiver } from "./receive.ts";

/** The largest body that is read: 1 MiB. A larger one is refused by its length, or as soon as it goes past it. */
export const MAX_BODY = 1_048_576;

/** A refusal is answered no sooner than this after its request came, so that a look-up's time says nothing. */
const REFUSAL_FLOOR_MS = 25;

export interface GatewayDeps {
  intake: IntakePublisher;
  /** The webhook part of a Repository object by name, or undefined. Rejects when it cannot be known now. */
  receivers(name: string): Promise<Receiver | undefined>;
  log: Logger;
  metrics: Registry;
  /** The HTTP server that the route `POST /webhooks/:provider/:repository` is added to. */
  registerOn: FastifyInstance;
  /** How old a webhook with X-Sluice-Timestamp may be. Default 5 minutes. */
  replayWindowMs?: number;
}

type WebhookRequest = FastifyRequest<{ Params: { provider: string; repository: string } }>;

/** Adds the webhook route to a server. Whatever comes, the answer is 2xx, 4xx or 503, never a crash. */
export async function startGateway(deps: GatewayDeps): Promise<Service> {
  const meters = createMeters(deps.metrics);
  const log = deps.log.child({ service: "gateway" });
  let stopped = false;
  let inFlight = 0;

  const respond = (reply: FastifyReply, result: Answer): FastifyReply =>
    reply.code(result.status).headers(result.headers).serializer(JSON.stringify).send(result.body);

  const done = (request: FastifyRequest, started: number, outcome: Answer["outcome"]): void => {
    const named = (request.params as { provider?: string }).provider;
    const provider = PROVIDERS.find((known) => known === named) ?? "unknown";
    meters.webhooks.inc({ provider, outcome });
    meters.duration.observe({ provider }, (performance.now() - started) / 1_000);
  };

  const handle = async (request: WebhookRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const started = performance.now();
    inFlight++;
    try {
      const result = stopped
        ? closing()
        : await receive(
            {
              provider: request.params.provider,
              repository: request.params.repository,
              headers: singleHeaders(request),
              body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
            },
            { ...deps, replayWindowMs: deps.replayWindowMs ?? 300_000, now: () => Date.now() },
          );
      const left = REFUSAL_FLOOR_MS - (performance.now() - started);
      if (result.outcome === "refused" && left > 0) await sleep(left);
      done(request, started, result.outcome);
      log.debug({ ...request.params, outcome: result.outcome, status: result.status }, "webhook");
      return respond(reply, result);
    } finally {
      inFlight--;
    }
  };

  await deps.registerOn.register((scope, _options, registered) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: MAX_BODY }, (_request, body, parsed) => {
      parsed(null, body);
    });
    scope.setErrorHandler((error: FastifyError, request, reply) => {
      const result = translate(error);
      done(request, performance.now(), result.outcome);
      if (result.outcome === "failed") log.error({ err: error }, "a webhook could not be handled");
      return respond(reply, result);
    });
    scope.post("/webhooks/:provider/:repository", { bodyLimit: MAX_BODY }, (request, reply) =>
      handle(request as WebhookRequest, reply),
    );
    registered();
  });

  return {
    name: "gateway",
    notReady: () => (stopped ? "stopped: webhooks are answered 503" : undefined),
    stop: async () => {
      stopped = true;
      while (inFlight > 0) await sleep(10);
    },
  };
}

const closing = (): Answer =>
  problem("unavailable", "Unavailable", {
    detail: "This instance is stopping.",
    next: "send it again",
    headers: { "retry-after": "5" },
  });

/** An error of the HTTP layer: too large, cut off, a wrong length; anything else is our own fault. */
function translate(error: FastifyError): Answer {
  if (error.code === "FST_ERR_CTP_BODY_TOO_LARGE" || error.statusCode === 413) {
    return problem("too_large", "PayloadTooLarge", {
      detail: `The body is larger than ${MAX_BODY} bytes.`,
      next: "the change is found by polling; fewer commits in one push make smaller webhooks",
      headers: { connection: "close" },
    });
  }
  if (error.statusCode === 415) {
    return problem("unsupported", "UnsupportedMedia", { detail: "The content type cannot be read." });
  }
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return problem("malformed", "InvalidInput", {
      status: 400,
      detail: "The body was cut off or is not as long as said.",
    });
  }
  return problem("failed", "Internal", { detail: "The webhook could not be handled." });
}

/** Headers by lower-case name; one that came several times counts as not there, so that none is chosen among them. */
function singleHeaders(request: FastifyRequest): Record<string, string | undefined> {
  const seen = new Map<string, string | undefined>();
  const raw = request.raw.rawHeaders;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index]!.toLowerCase();
    seen.set(name, seen.has(name) ? undefined : raw[index + 1]);
  }
  return Object.fromEntries(seen);
}

function createMeters(metrics: Registry): { webhooks: Counter; duration: Histogram } {
  return {
    webhooks: new Counter({
      name: "sluice_webhooks_total",
      help: "Webhooks by provider and what became of them.",
      labelNames: ["provider", "outcome"],
      registers: [metrics],
    }),
    duration: new Histogram({
      name: "sluice_webhook_duration_seconds",
      help: "Time from a webhook's whole body to its answer, by provider.",
      labelNames: ["provider"],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5],
      registers: [metrics],
    }),
  };
}
