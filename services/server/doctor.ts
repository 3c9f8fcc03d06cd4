import type { TemporalClient } from "../../adapters/temporal/connection.ts";
import type { Finding } from "../../schemas/api/bodies.ts";
import { toSluiceError } from "../../schemas/errors.ts";
import type { Service } from "../service.ts";
import type { ClusterStates } from "./cluster-states.ts";
import type { Core } from "./core.ts";
import type { Infrastructure } from "./infrastructure.ts";

/** What the server's own checks look at. */
export interface DoctorParts {
  core: Core;
  infrastructure: Infrastructure;
  temporal: TemporalClient;
  services: readonly Service[];
  states: ClusterStates;
  /** Whether NATS keeps what it acknowledges. */
  durability(): Promise<Finding[]>;
  /** What holds the renderers on this machine. */
  confinement(): Promise<Finding[]>;
}

/** Every check of the server on itself and on what it stands on; a check that fails is a finding, never an error. */
export async function checkServer(parts: DoctorParts): Promise<Finding[]> {
  const found = await Promise.all([
    attempt("nats", parts.durability),
    attempt("temporal", () => checkTemporal(parts)),
    attempt("clusters", () => checkClusters(parts)),
    attempt("renderers", parts.confinement),
    attempt("ledger", () => checkViews(parts)),
  ]);
  return [...found.flat(), ...checkTools(parts), ...parts.services.map(checkService)];
}

async function attempt(check: string, look: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await look();
  } catch (thrown) {
    const { message, next } = toSluiceError(thrown);
    return [{ check, status: "failed", message, ...(next !== undefined && { next }) }];
  }
}

/** Finished operations stay readable in Temporal for its namespace's retention; less than a day helps nobody. */
const SHORT_RETENTION_S = 86_400;

async function checkTemporal({ temporal }: DoctorParts): Promise<Finding[]> {
  const { client, namespace } = temporal;
  const answer = await client.connection.workflowService.describeNamespace({ namespace });
  const seconds = Number(answer.config?.workflowExecutionRetentionTtl?.seconds ?? 0);
  const short = seconds > 0 && seconds < SHORT_RETENTION_S;
  return [
    {
      check: "temporal",
      status: short ? "warning" : "ok",
      message: `namespace ${namespace} answers, retention ${Math.round(seconds / 3_600)} h`,
      ...(short && { next: `Raise it: temporal operator namespace update --retention 72h ${namespace}` }),
    },
  ];
}

async function checkClusters({ states, core }: DoctorParts): Promise<Finding[]> {
  await states.ask();
  const clusters = core.store.list("clusters");
  if (clusters.length === 0) {
    return [
      { check: "clusters", status: "warning", message: "none is configured", next: "Add one with: sluice cluster add" },
    ];
  }
  return clusters.map(({ key }): Finding => {
    const state = states.of(key);
    const check = `cluster ${key}`;
    if (state?.status === "Connected") {
      return { check, status: "ok", message: `Kubernetes ${state.kubernetesVersion ?? "of unknown version"} answers` };
    }
    const next = `Check its address and credentials; give new ones with: sluice cluster add ${key}`;
    return { check, status: "failed", message: state?.message ?? "not asked yet", next };
  });
}

/** Views further behind than this are worth a word: about a second of a busy ledger. */
const FAR_BEHIND = 2_000;

async function checkViews({ core }: DoctorParts): Promise<Finding[]> {
  const behind = Math.max(0, (await core.ledger.last()) - core.projector.sequence());
  const far = behind > FAR_BEHIND;
  return [
    {
      check: "views",
      status: far ? "warning" : "ok",
      message: behind === 0 ? "they include the whole ledger" : `${behind} messages behind the ledger`,
      ...(far && { next: "Wait; when it does not shrink, look at the log of the projector." }),
    },
  ];
}

const checkTools = ({ infrastructure }: DoctorParts): Finding[] =>
  Object.entries(infrastructure.tools).map(([check, path]) => ({ check, status: "ok", message: path }));

function checkService(service: Service): Finding {
  const waiting = service.notReady();
  const check = `service ${service.name}`;
  return waiting === undefined
    ? { check, status: "ok", message: "ready" }
    : { check, status: "warning", message: waiting, next: "Look at the server's log when it stays so." };
}
