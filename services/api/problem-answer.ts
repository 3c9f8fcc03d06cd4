import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { problemDetails } from "../../schemas/api/problem.ts";
import { API_PREFIX, ROUTES, type Route } from "../../schemas/api/routes.ts";
import { SluiceError } from "../../schemas/errors.ts";

/** Fastify's own refusals by its codes and statuses. */
function fromFastify(error: FastifyError): SluiceError | undefined {
  if (error.code === "FST_ERR_CTP_BODY_TOO_LARGE" || error.statusCode === 413) {
    return new SluiceError("PayloadTooLarge", "The body is larger than this address takes");
  }
  if (error.code === "FST_ERR_CTP_INVALID_MEDIA_TYPE" || error.statusCode === 415) {
    return new SluiceError("UnsupportedMedia", "The body's content type is not taken here", {
      next: "Send it as application/json",
    });
  }
  if (error.code === "FST_ERR_BAD_URL") return new SluiceError("InvalidInput", "The address can't be read");
  if (error.code === "FST_ERR_MAX_PARAM_LENGTH" || error.statusCode === 414) {
    return new SluiceError("InvalidInput", "A name in the address is longer than any name is");
  }
  if (error.statusCode === 400) return new SluiceError("InvalidInput", "The body can't be read as JSON");
  if (error.statusCode === 503) return new SluiceError("Unavailable", "The server is stopping");
  return undefined;
}

/** Any thrown value as the error to answer with. */
export function answerable(thrown: unknown): SluiceError {
  if (thrown instanceof SluiceError) return thrown;
  const known = thrown instanceof Error ? fromFastify(thrown as FastifyError) : undefined;
  return known ?? new SluiceError("Internal", "unexpected", { cause: thrown });
}

/** Sends problem details (RFC 9457). */
export function sendProblem(reply: FastifyReply, error: SluiceError): FastifyReply {
  const body = problemDetails(error);
  if (error.code === "Unauthenticated") reply.header("www-authenticate", 'Bearer realm="sluice"');
  return reply.code(body.status).type("application/problem+json").send(JSON.stringify(body));
}

const patterns = Object.values(ROUTES as Record<string, Route>).map(({ method, path }) => ({
  method,
  pattern: new RegExp(`^${API_PREFIX}${path.replaceAll(/:\w+/g, "[^/]+")}/?$`),
}));

/** An address that is known by other methods answers 405 with them, any other 404. */
function notFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const [path] = request.url.split("?");
  const methods = patterns.filter(({ pattern }) => pattern.test(path!)).map(({ method }) => method);
  if (methods.length === 0) {
    return sendProblem(
      reply,
      new SluiceError("NotFound", `There is nothing at ${request.method} ${path!.slice(0, 200)}`),
    );
  }
  reply.header("allow", [...new Set(methods)].toSorted().join(", "));
  return sendProblem(reply, new SluiceError("MethodNotAllowed", `${request.method} is not taken at this address`));
}

/** Makes every error of an app problem details; what went wrong inside is logged and not shown. */
export function answerProblems(app: FastifyInstance, log: Logger): void {
  app.setErrorHandler((thrown, request, reply) => {
    const error = answerable(thrown);
    if (error.code === "Internal")
      log.error({ err: error.cause ?? error, route: request.routeOptions.url }, "request failed");
    return sendProblem(reply, error);
  });
  app.setNotFoundHandler(notFound);
}
