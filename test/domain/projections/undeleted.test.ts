import { describe, expect, test } from "vitest";
import { foldApplication } from "../../../domain/projections/application.ts";
import { foldOperation, operationEvent } from "../../../domain/projections/operation.ts";
import { why } from "../../../domain/why/why.ts";
import type { ApplicationEvent } from "../../../schemas/events/index.ts";
import type { ApplicationView, OperationView } from "../../../schemas/views.ts";
import { counts, ran, recorded, spec } from "./events.ts";

type Left = { object: string; reason: string; message?: string }[];

/** The view of an application that was well, after a deletion of it that timed out. */
function afterDeletion(waitingFor: Left): ApplicationView {
  const deletion = { ...ran("2"), kind: "delete" as const };
  const events: ApplicationEvent[] = [
    { type: "ApplicationCreated", data: { spec, labels: {}, annotations: {} } },
    {
      type: "SyncSucceeded",
      data: { ...ran("1"), counts, inventory: "i", report: "r", health: "Healthy", refused: [], durationMs: 5 },
    },
    {
      type: "SyncTimedOut",
      data: { ...deletion, limitSeconds: 60, waitingFor, inventory: "i2", report: "r2", applied: true, durationMs: 5 },
    },
  ];
  const operations = new Map<string, OperationView>();
  let view: ApplicationView | undefined;
  for (const one of recorded({ type: "application", name: "shop" }, events)) {
    const event = operationEvent(one.event);
    const operation = event && foldOperation(operations.get(event.data.operation), one, event);
    if (operation) operations.set(operation.id, operation);
    view = foldApplication(view, one, operation);
  }
  if (!view) throw new Error("there is an application");
  return view;
}

const claim = "/PersistentVolumeClaim/shop/data";

describe("an application whose deletion timed out", () => {
  test("is not called Synced, nor healthier than what is left of it", () => {
    const left = [{ object: claim, reason: "Degraded", message: "its finalizer is not removed" }];
    expect(afterDeletion(left)).toMatchObject({
      sync: { status: "Unknown" },
      health: { status: "Degraded", objects: left },
    });
    expect(afterDeletion([{ object: claim, reason: "Terminating" }]).health.status).toBe("Progressing");
    expect(afterDeletion([])).toMatchObject({ sync: { status: "Unknown" }, health: { status: "Healthy" } });
  });

  test("is asked why with the failure as the answer", () => {
    for (const left of [[], [{ object: claim, reason: "Terminating", message: "its finalizer is not removed" }]]) {
      const input = { progress: undefined, looks: [], now: "2026-01-01T00:01:00.000Z" };
      const answer = why({ ...input, view: afterDeletion(left) });
      expect(answer.standing).toBe("Failed");
      expect(answer.causes[0]?.message).toMatch(left.length > 0 ? /finalizer/ : /not done after 60 s/);
    }
  });
});
