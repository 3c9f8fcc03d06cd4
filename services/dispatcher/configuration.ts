import { applicationDecider } from "../../domain/application/decider.ts";
import type { RecordedEvent } from "../../schemas/events/index.ts";
import { operationId } from "./operation-id.ts";
import type { AggregatesPort, ConfigurationChange, LedgerPort } from "./ports.ts";
import { kindOf, type Requests } from "./requests.ts";

export interface ConfigurationDeps {
  aggregates: Pick<AggregatesPort, "load">;
  ledger: Pick<LedgerPort, "read">;
  requests: Pick<Requests, "unlessEnded">;
}

/**
 * Asks for an operation where an application was created or changed; what it finds in Git is the operation's own look. Nothing for
 * one that is gone by now.
 */
export async function dispatchConfiguration(
  deps: ConfigurationDeps,
  { application, sequence }: ConfigurationChange,
): Promise<void> {
  const { state } = await deps.aggregates.load(applicationDecider, application);
  if (state.configuration === undefined) return;
  const recorded = await eventAt(deps.ledger, application, sequence);
  if (recorded === undefined) return;
  await deps.requests.unlessEnded(application, {
    operation: operationId("configuration", application, sequence),
    kind: kindOf(state.configuration.spec.syncPolicy),
    trigger: { type: "configuration", actor: recorded.actor, cause: `ledger/${sequence}` },
    requestedAt: recorded.at,
  });
}

async function eventAt(
  ledger: Pick<LedgerPort, "read">,
  application: string,
  sequence: number,
): Promise<RecordedEvent | undefined> {
  for await (const recorded of ledger.read({ type: "application", name: application }, { after: sequence - 1 })) {
    return recorded.sequence === sequence ? recorded : undefined;
  }
  return undefined;
}
