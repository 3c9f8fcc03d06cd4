import { expect, test } from "vitest";
import { foldApplication } from "../../../domain/projections/application.ts";
import { foldOperation, operationEvent } from "../../../domain/projections/operation.ts";
import type { ApplicationEvent } from "../../../schemas/events/index.ts";
import type { ApplicationView, OperationView } from "../../../schemas/views.ts";
import { counts, ran, recorded, spec } from "./events.ts";

const created: ApplicationEvent = { type: "ApplicationCreated", data: { spec, labels: {}, annotations: {} } };
const started = (attempt?: number): ApplicationEvent => ({
  type: "OperationStarted",
  data: {
    ...ran("op"),
    ...{ cluster: "prod", plan: "plan", counts, resources: [], inventory: "before" },
    ...(attempt && { attempt }),
  },
});
const retry: ApplicationEvent = {
  type: "SyncRetryScheduled",
  data: {
    ...{ operation: "op", kind: "sync", trigger: ran("op").trigger, attempt: 2, at: "2026-01-01T00:00:09Z" },
    ...{ code: "ApplyFailed", message: "no", inventory: "left" },
  },
};
const objects = [{ object: "/Namespace//web", reason: "NotDesired" }];
const asked: ApplicationEvent = { type: "PruneConfirmationRequested", data: { operation: "op", objects, count: 1 } };
const confirmed: ApplicationEvent = {
  type: "PruneConfirmed",
  data: { operation: "op", by: { kind: "user", name: "ada" } },
};
const failed: ApplicationEvent = {
  type: "SyncFailed",
  data: { ...ran("op"), code: "ApplyFailed", message: "no", failures: [], durationMs: 5 },
};

function folded(...events: ApplicationEvent[]): { view: ApplicationView | undefined; operation?: OperationView } {
  let operation: OperationView | undefined;
  let view: ApplicationView | undefined;
  for (const one of recorded({ type: "application", name: "shop" }, events)) {
    const event = operationEvent(one.event);
    if (event) operation = foldOperation(operation, one, event);
    view = foldApplication(view, one, operation);
  }
  return { view, ...(operation && { operation }) };
}

test("a scheduled retry is shown until its attempt begins or the operation ends", () => {
  const { view } = folded(created, started(), retry);
  expect(view).toMatchObject({ running: "op", inventory: "left", retry: { attempt: 2, code: "ApplyFailed" } });
  expect(folded(created, started(), retry, started(2)).view?.retry).toBeUndefined();
  expect(folded(created, started(), retry, failed).view).not.toHaveProperty("retry");
});

test("an operation of several attempts began with the first, and says how many there were", () => {
  const once = folded(created, started()).operation;
  const twice = folded(created, started(), retry, started(2)).operation;
  expect(once).not.toHaveProperty("attempts");
  expect(twice).toMatchObject({ attempts: 2, startedAt: once?.startedAt });
});

test("a question is shown until it is answered or the operation ends", () => {
  expect(folded(created, started(), asked).view?.confirmation).toMatchObject({ operation: "op", objects, count: 1 });
  expect(folded(created, started(), asked, confirmed).view).not.toHaveProperty("confirmation");
  expect(folded(created, started(), asked, failed).view).not.toHaveProperty("confirmation");
});
