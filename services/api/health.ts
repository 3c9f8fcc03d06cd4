import type { FastifyInstance } from "fastify";
import type { Service } from "../service.ts";

/** What is counted, in Prometheus's text form; a Registry is one. */
export interface MetricsText {
  contentType: string;
  metrics(): Promise<string>;
}

/**
 * Health endpoints on an app: `/healthz` says that the process answers, `/readyz` that every service is ready (503 with what each
 * waits for otherwise), `/metrics` what is counted, in Prometheus's text form.
 */
export function registerHealth(app: FastifyInstance, services: readonly Service[], metrics: MetricsText): void {
  app.get("/healthz", async () => ({ status: "ok" }));
  app.get("/readyz", async (_request, reply) => {
    const waiting = services.flatMap((service) => {
      const reason = service.notReady();
      return reason === undefined ? [] : [{ service: service.name, reason }];
    });
    return reply.code(waiting.length === 0 ? 200 : 503).send({ ready: waiting.length === 0, waiting });
  });
  app.get("/metrics", async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()));
}
