import type { Logger } from "pino";
import { applicationDecider } from "../../domain/application/decider.ts";
import type { ApplicationState } from "../../domain/application/state.ts";
import type { ClusterChanged } from "../../schemas/messages.ts";
import { operationId } from "./operation-id.ts";
import type { AggregatesPort, IntakeDelivery, OperationsPort } from "./ports.ts";
import type { Requests } from "./requests.ts";

export interface ClusterChangeDeps {
  aggregates: AggregatesPort;
  operations: Pick<OperationsPort, "clusterChanged">;
  requests: Pick<Requests, "unlessEnded">;
  healing: Healing;
  log: Logger;
  now(): number;
}

/** When each application was last put back, so that two controllers that fight are slowed down. */
export interface Healing {
  /** Milliseconds until it may be put back again; 0 for now. */
  wait(application: string, now: number): number;
  healed(application: string, now: number): void;
}

/** After this time without drift the next one is put back at once again. */
const CALM_MS = 10 * 60 * 1_000;

/** 0, 5, 10, 20 … up to 180 s between one remediation and the next, as Argo CD's self-heal backs off. */
export function createHealing(): Healing {
  const past = new Map<string, { count: number; at: number }>();
  return {
    wait(application, now) {
      const last = past.get(application);
      if (last === undefined || now - last.at > CALM_MS) return 0;
      return Math.max(0, last.at + Math.min(180_000, 5_000 * 2 ** (last.count - 1)) - now);
    },
    healed(application, now) {
      const last = past.get(application);
      past.set(application, { count: last && now - last.at <= CALM_MS ? last.count + 1 : 1, at: now });
    },
  };
}

const SYSTEM = { kind: "system", name: "sluice" } as const;

/**
 * Takes what the watch saw to whom it concerns: the running operation, or else the application's record, and with self-heal a
 * remediation. Returns in how many milliseconds it shall come again, 0 when it is done with.
 */
export async function dispatchClusterChange(
  deps: ClusterChangeDeps,
  { message, sequence }: IntakeDelivery<ClusterChanged>,
): Promise<number> {
  const { application, health, inventory } = message;
  const { state: before } = await deps.aggregates.load(applicationDecider, application);
  if (before.running) {
    await deps.operations.clusterChanged(application, { health, inventory });
    return 0;
  }
  const { state, events } = await deps.aggregates.execute(
    applicationDecider,
    application,
    { type: "ObserveCluster", message },
    {
      at: new Date(deps.now()).toISOString(),
      actor: SYSTEM,
      cause: `intake/${sequence}`,
      messageId: `observe/${application}/${sequence}`,
    },
  );
  // An operation may have begun between the two looks; one whose start is not recorded yet reads the cluster later anyway.
  if (state.running) await deps.operations.clusterChanged(application, { health, inventory });
  for (const { type } of events) deps.log.info({ application, event: type }, "cluster changed");
  return shallHeal(message, state) ? heal(deps, message, sequence) : 0;
}

function shallHeal(message: ClusterChanged, state: ApplicationState): boolean {
  const automated = state.configuration?.spec.syncPolicy.automated;
  const current = message.inventory === state.inventory && message.cluster === state.cluster;
  return Boolean(automated?.enabled && automated.selfHeal && current && !state.running && message.drifted.length > 0);
}

async function heal(deps: ClusterChangeDeps, message: ClusterChanged, sequence: number): Promise<number> {
  const { application, inventory, observedAt } = message;
  const wait = deps.healing.wait(application, deps.now());
  if (wait > 0) {
    deps.log.info({ application, waitMs: wait }, "drifted again soon after it was put back; waiting");
    return wait;
  }
  const asked = await deps.requests.unlessEnded(application, {
    operation: operationId("drift", application, inventory, sequence),
    kind: "sync",
    trigger: { type: "drift", actor: SYSTEM, cause: `intake/${sequence}` },
    requestedAt: observedAt,
  });
  if (asked) deps.healing.healed(application, deps.now());
  return 0;
}
