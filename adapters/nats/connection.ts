import { connect } from "@nats-io/transport-node";
import type { NatsConnection } from "@nats-io/transport-node";
import { SluiceError } from "../../schemas/errors.ts";

/** Where NATS is and who we are there. */
export interface NatsOptions {
  url: string;
  user?: string;
  pass?: string;
  token?: string;
  name: string;
}

/** A connection that, once made, reconnects for ever. Throws Unavailable when the first attempt fails. */
export async function connectNats(options: NatsOptions): Promise<NatsConnection> {
  const { url, user, pass, token, name } = options;
  try {
    return await connect({
      servers: url.split(",").map((server) => server.trim()),
      name,
      ...(user === undefined ? {} : { user }),
      ...(pass === undefined ? {} : { pass }),
      ...(token === undefined ? {} : { token }),
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
      reconnectJitter: 250,
      // A peer that vanished without a word is noticed after two pings.
      pingInterval: 10_000,
      maxPingOut: 2,
      ignoreAuthErrorAbort: true,
      timeout: 5_000,
      // A stack kept with every request costs more than the request, and our own errors already say what was asked.
      noAsyncTraces: true,
    });
  } catch (cause) {
    throw new SluiceError("Unavailable", `NATS at ${withoutUserinfo(url)} could not be reached`, {
      next: "start nats-server with JetStream enabled, or set --nats-url to where it runs",
      cause,
    });
  }
}

const withoutUserinfo = (url: string): string => url.replaceAll(/\/\/[^/@,]*@/g, "//");
