import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";

/**
 * Makes the app's close end every connection: at once where no request is in flight, else when the last one is answered. Node itself
 * keeps open those that never carried a request, such as a browser opens ahead, and a stop would wait a minute for them.
 */
export function endConnectionsOnClose(app: FastifyInstance): void {
  const inFlight = new Map<Socket, number>();
  let closing = false;
  const settle = (socket: Socket): void => {
    if (closing && inFlight.get(socket) === 0) socket.destroySoon();
  };
  app.server.on("connection", (socket: Socket) => {
    inFlight.set(socket, inFlight.get(socket) ?? 0);
    socket.once("close", () => inFlight.delete(socket));
    settle(socket);
  });
  app.server.on("request", ({ socket }: IncomingMessage, response: ServerResponse) => {
    inFlight.set(socket, (inFlight.get(socket) ?? 0) + 1);
    response.once("close", () => {
      const left = inFlight.get(socket);
      if (left === undefined) return;
      inFlight.set(socket, left - 1);
      settle(socket);
    });
  });
  app.addHook("preClose", async () => {
    closing = true;
    for (const socket of inFlight.keys()) settle(socket);
  });
}
