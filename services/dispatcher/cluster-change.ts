import type { Logger } from "pino";
import { applicationDecider } from "../../domain/application/decider.ts";
import type { ApplicationState } from "../../domain/application/state.ts";
import { deployedInstead, isRequested, remedyFor } from "../../domain/drift/remediation.ts";
import { rollbackRequest } from "../../domain/rollback/automatic.ts";
import type { ClusterChanged } from "../../schemas/messages.ts";
import { operationId } from "./operation-id.ts";
import type { AggregatesPort, IntakeDelivery, OperationsPort } from "./ports.ts";
import type { Requests } from "./requests.ts";

export interface ClusterChangeDeps {
  aggregates: AggregatesPort;
  operations: Pick<OperationsPort, "clusterChanged">;
  requests: Pick<Requests, "unlessEnded">;
  log: Logger;
  now(): number;
}

const SYSTEM = { kind: "system", name: "sluice" } as const;

/**
 * Takes what the watch saw to whom it concerns: the running operation, or else the application's record, and where the policy
 * says so a remediation. Whether and when is decided and recorded by the aggregate, so that it holds for every replica. Returns in
 * how many milliseconds the message shall come again, 0 when it is done with.
 */
export async function dispatchClusterChange(
  deps: ClusterChangeDeps,
  { message, sequence, deliveries }: IntakeDelivery<ClusterChanged>,
): Promise<number> {
  const { application, health, inventory, drifted } = message;
  const { state: before } = await deps.aggregates.load(applicationDecider, application);
  if (before.running) {
    await deps.operations.clusterChanged(application, { health, inventory });
    return 0;
  }
  const operation = operationId("drift", application, inventory, sequence);
  const at = new Date(deps.now()).toISOString();
  const observe = { type: "ObserveCluster", message } as const;
  const remediate = { type: "RequestRemediation", operation, drifted, at } as const;
  const current = isCurrent(message, before);
  const { state, events } = await deps.aggregates.execute(
    applicationDecider,
    application,
    { type: "InOrder", commands: current ? [observe, remediate] : [observe] },
    { at, actor: SYSTEM, cause: `intake/${sequence}`, messageId: `observe/${application}/${sequence}/${deliveries}` },
  );
  // An operation may have begun between the two looks; one whose start is not recorded yet reads the cluster later anyway.
  if (state.running) await deps.operations.clusterChanged(application, { health, inventory });
  for (const { type } of events) deps.log.info({ application, event: type }, "cluster changed");
  if (state.requested) await deps.requests.unlessEnded(application, rollbackRequest(state.requested));
  if (isRequested(state, operation)) return await request(deps, message, { operation, sequence, state });
  const remedy = remedyFor(state, { operation, drifted, now: deps.now() });
  if (!isCurrent(message, state) || remedy.act !== "wait") return 0;
  deps.log.info({ application, waitMs: remedy.ms }, "drifted again soon after it was put back; waiting");
  return remedy.ms;
}

/** Whether it tells of the objects as the application has them now. */
const isCurrent = (message: ClusterChanged, { inventory, cluster }: ApplicationState): boolean =>
  message.inventory === inventory && message.cluster === cluster;

async function request(
  deps: ClusterChangeDeps,
  { application, observedAt }: ClusterChanged,
  { operation, sequence, state }: { operation: string; sequence: number; state: ApplicationState },
): Promise<number> {
  const target = deployedInstead(state);
  await deps.requests.unlessEnded(application, {
    operation,
    kind: "sync",
    trigger: { type: "drift", actor: SYSTEM, cause: `intake/${sequence}` },
    ...(target !== undefined && { target }),
    requestedAt: observedAt,
  });
  return 0;
}
