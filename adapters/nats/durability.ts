import type { NatsConnection } from "@nats-io/transport-node";
import { LEDGER_STREAM } from "../../schemas/ids.ts";
import type { ApiError } from "./failure.ts";
import { MINIMUM_VERSION, whyRefused } from "./server-version.ts";

/** One thing that `sluice doctor` has looked at. */
export interface Finding {
  check: string;
  status: "ok" | "warning" | "failed";
  message: string;
  next?: string;
}

/** The part of a server's own description that durability hangs on. */
interface ServerVariables {
  jetstream?: { config?: { sync_interval?: number; sync_always?: boolean; store_dir?: string } };
}

/** What the connected server says about whether an acknowledged message survives: never throws, each doubt is a finding. */
export async function inspectDurability(
  nc: NatsConnection,
  options: { monitoringUrl?: string } = {},
): Promise<Finding[]> {
  const [variables, ledger] = await Promise.all([
    serverVariables(nc, options.monitoringUrl),
    streamInfo(nc).catch(() => undefined),
  ]);
  return [version(nc), jetStream(nc), sync(variables), ...ledgerFindings(ledger)];
}

function version(nc: NatsConnection): Finding {
  const found = nc.info?.version ?? "unknown";
  const refused = whyRefused(found);
  const check = "nats version";
  if (refused === undefined) return { check, status: "ok", message: `nats-server ${found}` };
  return { check, status: "failed", message: refused, next: `run nats-server ${MINIMUM_VERSION} or newer` };
}

function jetStream(nc: NatsConnection): Finding {
  const check = "nats jetstream";
  if (nc.info?.jetstream === true) return { check, status: "ok", message: "JetStream is enabled" };
  return {
    check,
    status: "failed",
    message: "JetStream is not enabled, so nothing can be stored",
    next: "add a `jetstream` block with a store_dir to the server's configuration",
  };
}

function sync(variables: ServerVariables | undefined): Finding {
  const check = "nats sync_interval";
  const next = "set `sync_interval: always` in the `jetstream` block of every server";
  const config = variables?.jetstream?.config;
  if (config === undefined) {
    return {
      check,
      status: "warning",
      message: "The server does not say whether it writes to disk before it acknowledges",
      next: `${next}, and give \`sluice doctor\` its monitoring address to see it confirmed`,
    };
  }
  if (config.sync_always === true)
    return { check, status: "ok", message: "Every message is on disk before it is acknowledged" };
  const seconds = (config.sync_interval ?? 120e9) / 1e9;
  return {
    check,
    status: "failed",
    message: `A power cut can lose the last ${seconds} s of acknowledged messages`,
    next,
  };
}

interface StreamInfo {
  config: {
    storage: string;
    deny_delete?: boolean;
    deny_purge?: boolean;
    allow_atomic?: boolean;
    max_age?: number;
    max_msgs?: number;
    discard?: string;
    num_replicas?: number;
  };
  state: { first_seq: number; last_seq: number; messages: number };
}

async function streamInfo(nc: NatsConnection): Promise<StreamInfo | undefined> {
  const answer = await nc.request(`$JS.API.STREAM.INFO.${LEDGER_STREAM}`, "", { timeout: 3_000 });
  const info = answer.json<StreamInfo | { error: ApiError }>();
  return "error" in info ? undefined : info;
}

function ledgerFindings(info: StreamInfo | undefined): Finding[] {
  if (info === undefined) {
    return [
      {
        check: "ledger stream",
        status: "warning",
        message: "There is no ledger yet",
        next: "start `sluice server` once",
      },
    ];
  }
  return [storage(info), appendOnly(info), whole(info), replicas(info)];
}

function storage({ config }: StreamInfo): Finding {
  const check = "ledger storage";
  if (config.storage === "file") return { check, status: "ok", message: "The ledger is kept in files" };
  return {
    check,
    status: "failed",
    message: "The ledger is kept in memory only",
    next: "storage cannot be changed afterwards: back the stream up, and restore it with file storage",
  };
}

function appendOnly({ config }: StreamInfo): Finding {
  const check = "ledger append-only";
  const wrong = [
    config.deny_delete === true ? "" : "messages can be deleted",
    config.deny_purge === true ? "" : "it can be purged",
    (config.max_age ?? 0) > 0 ? "messages age out" : "",
    (config.max_msgs ?? -1) > 0 && config.discard !== "new" ? "old messages make room for new ones" : "",
    config.allow_atomic === true ? "" : "atomic batches are off",
  ].filter((text) => text !== "");
  if (wrong.length === 0) return { check, status: "ok", message: "The ledger can only be appended to" };
  const next = "restart `sluice server`, which sets the stream up again";
  return { check, status: "failed", message: `The ledger's stream is set up wrongly: ${wrong.join(", ")}`, next };
}

function whole({ state }: StreamInfo): Finding {
  const check = "ledger whole";
  const missing = state.last_seq - state.messages;
  if (missing === 0) return { check, status: "ok", message: `All ${state.messages} messages are there` };
  return {
    check,
    status: "failed",
    message: `${missing} of ${state.last_seq} messages of the ledger are missing`,
    next: "run `sluice ledger verify`, then restore the stream from a backup or a healthy replica",
  };
}

function replicas({ config }: StreamInfo): Finding {
  const count = config.num_replicas ?? 1;
  const check = "ledger replicas";
  if (count > 1) return { check, status: "ok", message: `The ledger is on ${count} servers` };
  return {
    check,
    status: "ok",
    message: "The ledger is on one server: it survives a power cut, not the loss of its disk",
  };
}

/** Asked over the system account first, which few connections may, then over the monitoring endpoint. */
async function serverVariables(
  nc: NatsConnection,
  monitoringUrl: string | undefined,
): Promise<ServerVariables | undefined> {
  const id = nc.info?.server_id ?? "";
  try {
    const answer = await nc.request(`$SYS.REQ.SERVER.${id}.VARZ`, "", { timeout: 1_000 });
    const { data } = answer.json<{ data?: ServerVariables }>();
    if (data !== undefined) return data;
  } catch {
    // No rights in the system account: the usual case.
  }
  if (monitoringUrl === undefined) return undefined;
  try {
    const answer = await fetch(`${monitoringUrl}/varz`, { signal: AbortSignal.timeout(3_000) });
    const variables = (await answer.json()) as ServerVariables & { server_id?: string };
    return variables.server_id === id ? variables : undefined;
  } catch {
    return undefined;
  }
}
