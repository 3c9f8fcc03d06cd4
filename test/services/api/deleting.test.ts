import { describe, expect, it } from "vitest";
import { applicationDecider } from "../../../domain/application/decider.ts";
import { apiInstance, application, CLUSTER } from "./instance.ts";

const TRIGGER = { type: "manual", actor: { kind: "user", name: "ada" }, cause: "c" } as const;

/** `web` with an operation that runs, in the ledger and in the views. */
async function whileRunning(kind: "delete" | "sync") {
  const instance = await apiInstance();
  await instance.apply([CLUSTER, application("web")].join("---"));
  const { ports, table } = instance;
  const { head } = await ports.aggregates.load(applicationDecider, "web");
  const counts = { create: 0, update: 0, recreate: 0, unchanged: 0, prune: 1, refused: 0, failed: 0 };
  await ports.ledger.appendAll([
    {
      ref: { type: "application", name: "web" },
      expected: head,
      events: [
        {
          type: "OperationStarted",
          data: {
            ...{ operation: "op-1", kind, trigger: TRIGGER, cluster: "staging", plan: "a".repeat(64), counts },
            ...{ inventory: "b".repeat(64), resources: [] },
          },
        },
      ],
      meta: { at: "2026-01-01T00:00:00Z", actor: TRIGGER.actor, cause: "c", messageId: "m" },
    },
  ]);
  table("applications").set("web", { ...(table("applications").get("web") as object), running: "op-1" });
  table("operations").set("web/op-1", { id: "op-1", application: "web", kind });
  return instance;
}

const NEXT = expect.stringContaining("sluice app terminate web");

describe("while an application is being deleted", () => {
  it("what is applied of it is refused: it would go with the deletion", async () => {
    const { apply, events } = await whileRunning("delete");
    const before = events.length;
    for (const text of [application("web"), application("web", "revisionHistoryLimit: 3")]) {
      const answer = await apply(text);
      expect(answer.status).toBe(409);
      expect(answer.body).toMatchObject({ code: "Conflict", next: NEXT });
      expect(answer.text).toContain("Application web is being deleted");
    }
    expect(events).toHaveLength(before);
  });

  it("so is a sync", async () => {
    const { call, published } = await whileRunning("delete");
    const answer = await call("POST", "/applications/web/sync", {});
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({ code: "Conflict", next: NEXT });
    expect(published).toEqual([]);
  });

  it("a running sync is in nobody's way", async () => {
    const { apply, call } = await whileRunning("sync");
    expect((await apply(application("web", "revisionHistoryLimit: 3"))).status).toBe(200);
    expect((await call("POST", "/applications/web/sync", {})).status).toBe(202);
  });
});
