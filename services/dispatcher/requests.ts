import { applicationDecider } from "../../domain/application/decider.ts";
import { hasEnded } from "../../domain/application/state.ts";
import type { DispatchedOperation } from "../../domain/repository/state.ts";
import type { SyncPolicy } from "../../schemas/kinds/application.ts";
import type { GitPush } from "../../schemas/messages.ts";
import type { OperationKind, OperationRequest } from "../../schemas/operation.ts";
import { mapBounded } from "./bounded.ts";
import type { AggregatesPort, OperationsPort, ViewsPort } from "./ports.ts";

/** How operations are asked for. */
export interface Requests {
  /** Asks for what a push changed. "again" leaves out what has ended meanwhile. */
  pushed(operations: readonly DispatchedOperation[], push: GitPush, time: "first" | "again"): Promise<void>;
  /** Asks for one operation, unless it has ended; an application that is not there is left alone. Whether it was asked for. */
  unlessEnded(application: string, request: OperationRequest): Promise<boolean>;
}

/** Signals at once: each is a round trip to Temporal and a write there. */
const REQUESTS_AT_ONCE = 32;

export function createRequests(deps: {
  operations: OperationsPort;
  aggregates: Pick<AggregatesPort, "load">;
  views: Pick<ViewsPort, "get">;
}): Requests {
  const unlessEnded: Requests["unlessEnded"] = async (application, request) => {
    const { state } = await deps.aggregates.load(applicationDecider, application);
    if (state.configuration === undefined || hasEnded(state, request.operation)) return false;
    await deps.operations.request(application, request);
    return true;
  };
  return {
    unlessEnded,
    async pushed(operations, push, time) {
      await mapBounded(REQUESTS_AT_ONCE, operations, async ({ application, operation }) => {
        const view = deps.views.get("applications", application);
        const request: OperationRequest = {
          operation,
          kind: view ? kindOf(view.spec.syncPolicy) : "refresh",
          trigger: { type: push.source === "poll" ? "poll" : "push", actor: push.actor, cause: push.delivery },
          requestedAt: push.receivedAt,
        };
        if (time === "again") await unlessEnded(application, request);
        else await deps.operations.request(application, request);
      });
    },
  };
}

/** What a change leads to: a sync where the policy is automated, else only a comparison. */
export const kindOf = (policy: SyncPolicy): OperationKind => (policy.automated?.enabled === true ? "sync" : "refresh");
