import { Client, Connection } from "@temporalio/client";
import type { Logger } from "pino";
import { SluiceError } from "../../schemas/errors.ts";
import { patiently } from "./patience.ts";

/** Where the Temporal server is. */
export interface TemporalSettings {
  /** `host:port` of the frontend. */
  address: string;
  namespace: string;
}

/** A connection that starts and signals workflows. */
export interface TemporalClient {
  client: Client;
  namespace: string;
  close(): Promise<void>;
}

interface ConnectOptions extends TemporalSettings {
  log: Logger;
  /** How long it is tried; half a minute by default. */
  patienceMs?: number;
  signal?: AbortSignal;
}

/** Connects to the server and its namespace. Throws Unavailable when they do not answer in time, NotFound for a namespace it lacks. */
export async function connectTemporal(options: ConnectOptions): Promise<TemporalClient> {
  const { address, namespace } = options;
  const connection = await patiently(`Temporal at ${address}`, options, async () => {
    const opened = await Connection.connect({ address, connectTimeout: "5s" });
    try {
      await opened.workflowService.describeNamespace({ namespace });
      return opened;
    } catch (error) {
      await opened.close();
      if (isNotFound(error)) throw noNamespace(namespace, address);
      throw error;
    }
  });
  return {
    client: new Client({ connection, namespace }),
    namespace,
    close: () => connection.close(),
  };
}

/** Status 5 of gRPC. */
const isNotFound = (error: unknown): boolean => (error as { code?: unknown }).code === 5;

const noNamespace = (namespace: string, address: string): SluiceError =>
  new SluiceError("NotFound", `Temporal at ${address} has no namespace "${namespace}"`, {
    next: `create it: temporal operator namespace create --address ${address} ${namespace}`,
  });
