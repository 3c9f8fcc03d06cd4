import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ApplicationEvent } from "../../../schemas/events/index.ts";
import type { ApplicationCommand } from "../../../schemas/messages.ts";
import type { ApplicationView } from "../../../schemas/views.ts";
import { application, CLUSTER } from "../api/instance.ts";
import { cliWithServer } from "./cli.ts";

let at: Awaited<ReturnType<typeof cliWithServer>>;
beforeEach(async () => {
  at = await cliWithServer();
  await at.apply([CLUSTER, application("web")].join("---"));
});
afterEach(() => at.close());

const COUNTS = { create: 1, update: 0, recreate: 0, unchanged: 2, prune: 0, refused: 0, failed: 0 };

/** Plays dispatcher and worker: each command becomes the events that the function makes of it. */
function playing(eventsOf: (ran: { operation: string }) => ApplicationEvent[]): void {
  const publish = at.ports.intake.publish.bind(at.ports.intake);
  at.ports.intake.publish = async (message, messageId) => {
    const { operation } = message as ApplicationCommand;
    setTimeout(() => {
      for (const event of eventsOf({ operation })) record(event);
    }, 20);
    return publish(message, messageId);
  };
}

function record(event: ApplicationEvent): void {
  at.record({
    ref: { type: "application", name: "web" },
    expected: { sequence: 0, hash: "" },
    events: [event],
    meta: { at: new Date().toISOString(), actor: { kind: "system", name: "worker" }, cause: "c", messageId: "m" },
  });
}

const ran = (operation: string) => ({
  operation,
  kind: "sync" as const,
  trigger: { type: "manual" as const, actor: { kind: "user" as const, name: "admin" }, cause: operation },
  revision: "0123456789abcdef0123456789abcdef01234567",
});
const started = (operation: string): ApplicationEvent => ({
  type: "OperationStarted",
  data: { ...ran(operation), cluster: "staging", plan: "p", counts: COUNTS, resources: [], inventory: "i" },
});
const succeeded = (operation: string): ApplicationEvent => ({
  type: "SyncSucceeded",
  data: {
    ...ran(operation),
    counts: COUNTS,
    inventory: "i",
    report: "r",
    health: "Healthy",
    refused: [],
    durationMs: 1_234,
  },
});
const failed = (operation: string, code: string): ApplicationEvent => ({
  type: "SyncFailed",
  data: { ...ran(operation), code, message: "image \u001b]0;evil\u0007 is bad", failures: [], durationMs: 5 },
});

describe("app sync", () => {
  it("shows the operation to its end, line by line where there is no terminal", async () => {
    playing(({ operation }) => [started(operation), succeeded(operation)]);
    const { code, out, err } = await at.sluice("app sync web");
    expect(code).toBe(0);
    expect(err.split("\n").filter(Boolean)).toEqual([
      "web: waiting",
      "web: Running at 01234567 (1 create, 2 unchanged)",
      "web: Succeeded at 01234567 in 1.2s (1 create, 2 unchanged)",
    ]);
    expect(out).toContain("NAME   SYNC");
  });

  it("names what was refused, and does not repeat what the failure said", async () => {
    const refused = [{ object: "/ConfigMap/shop/old", reason: "PruneDisabled", message: "it is no longer in Git" }];
    const view = at.table("applications").get("web") as ApplicationView;
    const last = { ...ran("op-1"), id: "op-1", application: "web", result: "Succeeded" as const, noted: refused };
    const ended = { ...view, last: { ...last, firstSequence: 1, lastSequence: 1 } };
    at.table("applications").set("web", ended);
    playing(({ operation }) => [succeeded(operation)]);
    expect((await at.sluice("app sync web")).err).toMatch(/\nweb: \/ConfigMap\/shop\/old: it is no longer in Git\n$/);
    const message = "not everything could be applied: /ConfigMap/shop/old: it is no longer in Git";
    at.table("applications").set("web", { ...ended, last: { ...ended.last, message } });
    expect((await at.sluice("app sync web")).err).not.toContain("no longer");
  });

  it("draws over its rows on a terminal, and is silent with --quiet", async () => {
    playing(({ operation }) => [started(operation), succeeded(operation)]);
    expect((await at.sluice("app sync web", { live: true })).err).toMatch(/\r\u001b\[2Kweb {3}Succeeded/);
    expect((await at.sluice("app sync web -q")).err).toBe("");
  });

  it("exits with the code of the failure, and obeys nothing that a message holds", async () => {
    playing(({ operation }) => [failed(operation, "RenderFailed")]);
    const { code, err } = await at.sluice("app sync web");
    expect(code).toBe(3);
    expect(err).toContain("Failed in 5ms: image ?]0;evil? is bad");
    playing(({ operation }) => [failed(operation, "ApplyFailed")]);
    expect((await at.sluice("app sync web")).code).toBe(10);
  });

  it("follows what takes its place", async () => {
    playing(({ operation }) => [
      { type: "SyncSuperseded", data: { ...ran(operation), by: "newer", durationMs: 1 } },
      started("newer"),
      failed("newer", "ClusterUnavailable"),
    ]);
    expect(await at.sluice("app sync web")).toMatchObject({
      code: 7,
      err: expect.stringContaining("Superseded by newer"),
    });
  });

  it("gives up after --timeout with exit code 8, and does not wait with --async", async () => {
    const late = await at.sluice("app sync web --timeout 100ms");
    expect(late).toMatchObject({ code: 8, err: expect.stringContaining("not ended: web") });
    const { out } = await at.sluice("app sync --all --async --revision v2 --prune");
    expect(out).toMatch(/^application\/web sync accepted as sync-\S+\n$/);
    expect(at.published.at(-1)?.message).toMatchObject({ revision: "v2", prune: true });
    await at.sluice("app sync web --async --no-prune");
    expect(at.published.at(-1)?.message).toMatchObject({ prune: false });
    await at.sluice("app sync web --async");
    expect(at.published.at(-1)?.message).not.toHaveProperty("prune");
  });
});

describe("app wait", () => {
  const become = (change: Partial<ApplicationView>) => {
    const rows = at.table("applications");
    rows.set("web", { ...(rows.get("web") as ApplicationView), ...change });
    record({ type: "DriftResolved", data: { inventory: "i" } });
  };
  const since = new Date().toISOString();

  it("returns when the application is synced and healthy", async () => {
    const said = (text: string) => {
      if (text.includes("Unknown Unknown")) become({ sync: { status: "Synced", since } });
      if (text.includes("Synced Unknown")) become({ health: { status: "Healthy", since, objects: [] } });
    };
    const { code, err } = await at.sluice("app wait web --timeout 20s", { said });
    expect(code).toBe(0);
    expect(err).toBe("web: Unknown Unknown\nweb: Synced Unknown\nweb: Synced Healthy\n");
  });

  it("waits only for what is asked for, and ends with 8 when it does not come", async () => {
    become({ sync: { status: "Synced", since } });
    expect((await at.sluice("app wait web --sync")).code).toBe(0);
    const late = await at.sluice("app wait web --health --timeout 100ms");
    expect(late).toMatchObject({ code: 8, err: expect.stringContaining("sluice why web") });
  });
});

describe("app diff", () => {
  const objects = [
    {
      key: { group: "apps", kind: "Deployment", namespace: "shop", name: "web" },
      action: "update" as const,
      reason: "Differs",
      live: { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" }, spec: { replicas: 5 } },
      desired: { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" }, spec: { replicas: 2 } },
    },
    {
      key: { group: "", kind: "Secret", namespace: "shop", name: "s" },
      action: "create" as const,
      reason: "Missing",
      live: null,
      desired: { apiVersion: "v1", kind: "Secret", metadata: { name: "s" }, data: { a: "CANARY" } },
    },
  ];

  it("shows what a sync would change, and no secret whatever the comparison holds", async () => {
    at.ports.compare = async () => ({ revision: "f".repeat(40), objects });
    const { code, out } = await at.sluice("app diff web");
    expect(code).toBe(0);
    expect(out).toBe(`===== apps/Deployment/shop/web update (Differs)
@@ -3,4 +3,4 @@
 metadata:
   name: web
 spec:
-  replicas: 5
+  replicas: 2
===== /Secret/shop/s create (Missing)
@@ -0,0 +1,6 @@
+apiVersion: v1
+kind: Secret
+metadata:
+  name: s
+data:
+  a: (hidden)
`);
  });

  it("shows what stays in the cluster though it left Git in one line", async () => {
    const kept = { action: "refuse" as const, reason: "Protected", message: "it is protected", desired: null };
    at.ports.compare = async () => ({ revision: "f".repeat(40), objects: [{ ...objects[0]!, ...kept }] });
    expect((await at.sluice("app diff web")).out).toBe("===== apps/Deployment/shop/web refuse (it is protected)\n");
  });

  it("--exit-code is 1 for a difference, 0 for none, and never 1 for an error", async () => {
    at.ports.compare = async () => ({ revision: "f".repeat(40), objects });
    expect((await at.sluice("app diff web --exit-code")).code).toBe(1);
    at.ports.compare = async () => ({ revision: "f".repeat(40), objects: [] });
    expect(await at.sluice("app diff web --exit-code")).toMatchObject({
      code: 0,
      err: "Application web is as desired at ffffffff.\n",
    });
    at.ports.compare = () => Promise.reject(new Error("broken"));
    expect((await at.sluice("app diff web")).code).toBe(1);
    expect((await at.sluice("app diff web --exit-code")).code).toBe(2);
  });
});

describe("events", () => {
  it("shows what happened, one line each, and JSON lines for programs", async () => {
    record(started("op-1"));
    record(succeeded("op-1"));
    const { out } = await at.sluice("events -a web");
    expect(out.split("\n").map((line) => line.replace(/^ *\d+ \S+ /, ""))).toEqual([
      "ApplicationCreated application/web",
      "OperationStarted application/web op-1 01234567",
      "SyncSucceeded application/web Succeeded at 01234567 in 1.2s (1 create, 2 unchanged)",
      "",
    ]);
    const lines = (await at.sluice("events --type ClusterCreated -o json")).out.trim().split("\n");
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([{ type: "ClusterCreated" }]);
    expect((await at.sluice("events --type PushRejected")).err).toContain("No event matches yet");
    expect((await at.sluice("events --last many")).code).toBe(2);
  });
});

describe("ledger and doctor", () => {
  it("say whether all is well, by exit code too", async () => {
    expect(await at.sluice("ledger rebuild")).toMatchObject({
      code: 0,
      out: expect.stringContaining("byte-identical"),
    });
    expect(await at.sluice("ledger verify")).toMatchObject({
      code: 0,
      out: expect.stringContaining("every chain holds"),
    });
    at.ports.ledger.verify = async () => ({ checked: 2, broken: [{ subject: "s", sequence: 2, message: "hash" }] });
    expect(await at.sluice("ledger verify")).toMatchObject({
      code: 11,
      out: "broken: s at 2: hash\n2 messages checked, 1 broken\n",
    });
    expect((await at.sluice("doctor")).out).toContain("ok       nats: JetStream syncs every write\n");
    expect((await at.sluice("version")).out).toBe("client 0.0.0-test\nserver 0.0.0-test\n");
  });
});
