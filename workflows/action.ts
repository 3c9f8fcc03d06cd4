import { condition, log, proxyActivities } from "@temporalio/workflow";
import type { Steps } from "../activities/steps.ts";
import type { ActionRequest } from "../schemas/action.ts";
import type { Desk } from "./desk.ts";
import { describe } from "./failure.ts";
import { NON_RETRYABLE } from "./steps.ts";

/** How long an action may wait for a cluster: nobody wants a restart of this morning in the evening. */
const PATIENCE = "2m";

const { act } = proxyActivities<Pick<Steps, "act">>({
  startToCloseTimeout: "1m",
  scheduleToCloseTimeout: PATIENCE,
  retry: {
    initialInterval: "500ms",
    backoffCoefficient: 2,
    maximumInterval: "10s",
    nonRetryableErrorTypes: NON_RETRYABLE,
  },
});

/** What came of an action that could not be carried out in time has to be recorded, however long the ledger is away. */
const { act: giveUp } = proxyActivities<Pick<Steps, "act">>({
  startToCloseTimeout: "1m",
  retry: { initialInterval: "1s", backoffCoefficient: 2, maximumInterval: "1m" },
});

/** Takes an action that was asked for; once, however often the signal comes. */
export function ask(desk: Desk, request: ActionRequest): void {
  if (desk.actions.some(({ id }) => id === request.id)) return;
  desk.actions = [...desk.actions, request];
}

/**
 * Carries out actions one after the other, beside an operation that waits but never beside one that applies, until the operation is
 * over and none is left.
 */
export async function actBeside(name: string, desk: Desk): Promise<void> {
  for (;;) {
    const may = (): boolean => desk.actions.length > 0 && (desk.over || desk.phase !== "Applying");
    await condition(() => may() || (desk.over && desk.actions.length === 0));
    const [request] = desk.actions;
    if (!request) return;
    await carryOut(name, request, desk);
    desk.actions = desk.actions.filter(({ id }) => id !== request.id);
  }
}

async function carryOut(application: string, request: ActionRequest, desk: Desk): Promise<void> {
  desk.acting = true;
  try {
    await act({ application, request });
    desk.acting = false;
  } catch (error) {
    desk.acting = false;
    const failure = describe(error);
    log.warn("an action could not be carried out", { action: request.id, code: failure.code });
    await giveUp({ application, request, failure });
  }
}
