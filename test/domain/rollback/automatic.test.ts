import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Command } from "../../../domain/application/command.ts";
import { exclusionFor } from "../../../domain/rollback/exclusion.ts";
import { rollbackRequest } from "../../../domain/rollback/automatic.ts";
import { SluiceError } from "../../../schemas/errors.ts";
import type { Rollback } from "../../../schemas/kinds/application.ts";
import { end, start, success } from "../application/examples.ts";
import { begin, deploy, fail, goBack, type Played, played, seeHealth, version } from "./played.ts";

const POLICY: Rollback = { onSyncFailed: true, onHealthLost: "10m" };
const requested = (app: Played) => app.events().filter(({ type }) => type === "RollbackRequested");

describe("a failed sync", () => {
  const failing = (policy?: Rollback, code?: string, report?: string) => {
    const app = played(policy);
    deploy(app, "a");
    app.run(begin("b"));
    return { app, events: app.run(fail("b", code, report)) };
  };

  test.each(["HealthDegraded", "ApplyFailed"])(
    "with %s asks for the last healthy version, in the same append",
    (code) => {
      const { app, events } = failing(POLICY, code);
      expect(events.map(({ type }) => type)).toEqual(["SyncFailed", "RollbackRequested"]);
      expect(events[1]?.data).toMatchObject({
        target: "sync-a",
        revision: "revision-a",
        reason: "SyncFailed",
        cause: "sync-b",
        requestedAt: "2026-01-01T00:00:01.000Z",
      });
      expect(rollbackRequest(app.state().requested!)).toMatchObject({
        kind: "rollback",
        target: "sync-a",
        trigger: { type: "rollback", cause: "sync-b", actor: { kind: "system" } },
      });
    },
  );

  test("that ran out of time after it applied does too", () => {
    const { app } = { app: played(POLICY) };
    deploy(app, "a");
    app.run(begin("b"));
    app.run(end("sync-b", { result: "TimedOut", limitSeconds: 60, waitingFor: [], report: "report" }));
    expect(requested(app)).toHaveLength(1);
  });

  test("without the policy, or one that applied nothing, asks for nothing", () => {
    expect(requested(failing().app)).toEqual([]);
    expect(requested(failing({ onSyncFailed: false }).app)).toEqual([]);
    expect(requested(failing(POLICY, "ClusterUnavailable", "").app)).toEqual([]);
    const unrendered = played(POLICY);
    deploy(unrendered, "a");
    unrendered.run(end("sync-b", { result: "Failed", code: "RenderFailed", message: "no", failures: [] }));
    expect(requested(unrendered)).toEqual([]);
  });

  test.each([
    ["of the very first version", (app: Played) => app.run(begin("a")) && app.run(fail("a"))],
    [
      "of what is deployed already",
      (app: Played) => {
        deploy(app, "z");
        deploy(app, "a");
        app.run({ ...begin("a"), operation: "again" } as Command);
        app.run({ ...fail("a"), operation: "again" } as Command);
      },
    ],
    [
      "of a rollback",
      (app: Played) => {
        for (const letter of ["a", "b"]) deploy(app, letter);
        app.run(start("back", { ...version("a"), kind: "rollback" }));
        app.run({ ...fail("a"), operation: "back", kind: "rollback" } as Command);
      },
    ],
    [
      "of selected objects",
      (app: Played) => {
        deploy(app, "a");
        app.run(begin("b", { others: { count: 1, sync: "Synced", health: "Healthy" } }));
        app.run(fail("b"));
      },
    ],
    [
      "of a dry run",
      (app: Played) => {
        deploy(app, "a");
        app.run(begin("b", { options: { dryRun: true } }));
        app.run(fail("b"));
      },
    ],
  ])("%s asks for nothing", (_what, play) => {
    const app = played(POLICY);
    play(app);
    expect(requested(app)).toEqual([]);
  });

  test("goes past versions that lost their health, and past excluded ones", () => {
    const app = played({ onSyncFailed: true });
    deploy(app, "a");
    deploy(app, "b");
    seeHealth(app, "Degraded", 60);
    app.run(begin("c"));
    app.run(fail("c"));
    expect(app.state().requested?.target).toBe("sync-a");
  });

  test("says why when the rollback begins, and is forgotten when something newer begins", () => {
    const { app } = failing(POLICY);
    const { operation } = app.state().requested!;
    expect(app.run(start(operation, { ...version("a"), kind: "rollback", named: true }))).toMatchObject([
      { type: "OperationStarted" },
      { type: "RevisionExcluded", data: { revision: "revision-b", reason: "SyncFailed" } },
    ]);
    const other = failing(POLICY).app;
    other.run(begin("c"));
    expect(other.state()).not.toHaveProperty("requested");
  });
});

describe("health lost", () => {
  const synced = (policy: Rollback = POLICY) => {
    const app = played(policy);
    deploy(app, "a");
    deploy(app, "b");
    return app;
  };

  test.each(["Degraded", "Missing"] as const)("as %s soon after a sync asks for the version before", (health) => {
    const app = synced();
    expect(seeHealth(app, health, 60).map(({ type }) => type)).toEqual(["HealthChanged", "RollbackRequested"]);
    expect(app.state().requested).toMatchObject({ target: "sync-a", reason: "HealthLost", cause: "sync-b" });
    expect(seeHealth(app, "Healthy", 61).map(({ type }) => type)).toEqual(["HealthChanged"]);
    expect(seeHealth(app, health, 62).map(({ type }) => type)).toEqual(["HealthChanged"]);
  });

  test.each([
    ["too late", (app: Played) => seeHealth(app, "Degraded", 602)],
    ["and only Progressing", (app: Played) => seeHealth(app, "Progressing", 60)],
    ["by a change in the cluster", (app: Played) => seeHealth(app, "Missing", 60, true)],
    [
      "by what was rolled back to",
      (app: Played) => {
        goBack(app, "a");
        seeHealth(app, "Degraded", 60);
      },
    ],
    [
      "by another revision that was tried since",
      (app: Played) => {
        app.run(begin("c"));
        app.run(end("sync-c", { result: "Terminated", by: { kind: "user", name: "ada" } }));
        seeHealth(app, "Degraded", 60);
      },
    ],
  ])("%s asks for nothing", (_what, play) => {
    const app = synced();
    play(app);
    expect(requested(app)).toEqual([]);
  });

  test("without a time set asks for nothing", () => {
    const app = synced({ onSyncFailed: true });
    seeHealth(app, "Degraded", 60);
    expect(requested(app)).toEqual([]);
  });
});

/** What a reconciler does with an application: pushes, failures, health, and every rollback that the ledger asks for. */
describe("whatever happens", () => {
  const letter = fc.constantFrom("a", "b", "c");
  const step = fc.oneof(
    fc.record({ do: fc.constant("sync" as const), letter, works: fc.boolean() }),
    fc.record({ do: fc.constant("rollback" as const), letter, works: fc.boolean() }),
    fc.record({ do: fc.constant("health" as const), health: fc.constantFrom("Degraded", "Healthy", "Missing") }),
  );

  /** Every operation that ran: what it deployed, and whether automation chose it. */
  function play(steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[]) {
    const app = played(POLICY);
    const ran: { artifact: string; automatic: boolean; excluded: boolean; rollback: boolean }[] = [];
    let count = 0;
    const operate = (of: string, kind: "sync" | "rollback", works: boolean, id = `op-${(count += 1)}`): void => {
      const known = exclusionFor({ kind }, `source-${of}`, app.state());
      if (known) return;
      ran.push({
        artifact: of,
        automatic: kind === "sync",
        excluded: (app.state().excluded ?? []).some(({ revision }) => revision === `revision-${of}`),
        rollback: kind === "rollback",
      });
      try {
        app.run(start(id, { ...version(of), kind, named: kind === "rollback" }));
        app.run(
          works ? end(id, success(`inventory-${id}`), { kind }) : ({ ...fail(of), operation: id, kind } as Command),
        );
      } catch (error) {
        if (!(error instanceof SluiceError)) throw error;
      }
    };
    let automaticInARow = 0;
    for (const each of steps) {
      if (each.do === "health") seeHealth(app, each.health as "Degraded", 5);
      else operate(each.letter, each.do, each.works);
      automaticInARow = 0;
      for (let { requested: next } = app.state(); next; { requested: next } = app.state()) {
        automaticInARow += 1;
        expect(automaticInARow, "one failure leads to one rollback").toBe(1);
        const target = app.state().history?.find(({ operation }) => operation === next?.target);
        operate(target!.artifact.slice(-1), "rollback", each.do === "health" || each.letter !== "a", next.operation);
      }
    }
    return { app, ran };
  }

  test("nothing automatic deploys an excluded revision", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        expect(play(steps).ran.filter(({ automatic, excluded }) => automatic && excluded)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test("a rollback leads to no other, and each failure to at most one", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const { app } = play(steps);
        const asked = requested(app).map(({ data }) => (data as { cause: string }).cause);
        expect(new Set(asked).size).toBe(asked.length);
        const rollbacks = new Set(
          app
            .events()
            .flatMap((event) =>
              event.type === "OperationStarted" && event.data.kind === "rollback" ? [event.data.operation] : [],
            ),
        );
        expect(asked.filter((cause) => rollbacks.has(cause))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
