import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Look } from "../../../domain/why/cause.ts";
import { worstPod } from "../../../domain/why/pods.ts";
import { why } from "../../../domain/why/why.ts";
import type { RawObject } from "../../../schemas/artifact.ts";
import type { ApplicationView, OperationView } from "../../../schemas/views.ts";
import { spec } from "../projections/events.ts";

const at = "2026-01-01T00:00:00.000Z";
const well: ApplicationView = {
  ...{ name: "web", labels: {}, annotations: {}, spec, createdAt: at, updatedAt: at, sequence: 9 },
  sync: { status: "Synced", revision: "c0ffee00aa", since: at },
  health: { status: "Healthy", since: at, objects: [] },
  ...{ drift: [], resources: [] },
};
const ended = (more: Partial<OperationView>): OperationView => ({
  ...{ id: "op-1", application: "web", kind: "sync", result: "Failed", noted: [], firstSequence: 1, lastSequence: 2 },
  trigger: { type: "push", actor: { kind: "webhook", name: "github" }, cause: "d" },
  endedAt: at,
  ...more,
});
const deployment = "apps/Deployment/shop/web";
const stuck: Look = {
  object: deployment,
  health: "Progressing",
  message: "0 of 1 updated replicas are available",
  pod: { name: "web-1", message: "container web: ImagePullBackOff: no such image" },
};
const now = "2026-01-01T00:02:00.000Z";
const ask = (view: Partial<ApplicationView>, looks: Look[] = [], phase?: "WaitingForHealth") =>
  why({
    view: { ...well, ...view },
    progress: phase && { running: { operation: "op-2", phase } },
    looks,
    now,
  });

describe("why", () => {
  test("an application that is as desired has no cause", () => {
    expect(ask({})).toEqual({ application: "web", standing: "AsDesired", causes: [] });
  });

  test("a pinned application is as desired, and does not follow its branch; one with a pinned image alone does", () => {
    const pinned = { pipeline: "shop", stage: "prod", promotion: "p-1", release: "f".repeat(40), at };
    const { standing, causes } = ask({ pinned: { ...pinned, targetRevision: "1".repeat(40) } });
    expect(standing).toBe("AsDesired");
    expect(causes).toEqual([
      {
        reason: "Pinned",
        message: "stage shop/prod keeps it at 11111111 of release ffffffffffff; it does not follow its branch",
        since: at,
        who: "whoever may promote in shop/prod, or unpin the application",
        next: "sluice why shop/prod",
      },
    ]);
    expect(ask({ pinned: { ...pinned, images: ["web@x"] } }).causes).toEqual([]);
  });

  test("a held operation: what holds it, since and until when, and the way out", () => {
    const held = {
      ...{ operation: "op-2", reason: "SyncWindowClosed", message: "the deny window nightly is open", since: at },
      until: "2026-01-01T06:00:00.000Z",
    };
    const { standing, causes } = ask({ held });
    expect(standing).toBe("Waiting");
    expect(causes[0]).toMatchObject({
      ...{ reason: "SyncWindowClosed", message: "the deny window nightly is open", since: at, until: held.until },
      who: expect.stringContaining("project"),
      next: "sluice proj windows default",
    });
  });

  test("a sync that waits for health names the object and its pod's own words", () => {
    const { standing, causes } = ask({ running: "op-2" }, [stuck], "WaitingForHealth");
    expect(standing).toBe("Working");
    expect(causes[0]).toMatchObject({
      reason: "Progressing",
      object: deployment,
      message:
        "the sync waits for Deployment shop/web: 0 of 1 updated replicas are available; pod web-1: container web: ImagePullBackOff: no such image",
      next: "kubectl -n shop describe pod web-1",
    });
  });

  test("what failed is said as it failed, whatever the health of what runs on; health is said as it is now", () => {
    const last = ended({
      code: "ApplyFailed",
      message: "not everything could be applied",
      noted: [
        { object: deployment, reason: "ApplyFailed", message: ".spec.replicas: expected numeric" },
        { object: "/ConfigMap/shop/a", reason: "Degraded", message: "stale" },
      ],
    });
    const looks: Look[] = [stuck, { object: "/ConfigMap/shop/a", health: "Degraded", message: "fresh" }];
    const { standing, causes } = ask({ last, sync: { status: "OutOfSync", since: at } }, looks);
    expect(standing).toBe("Failed");
    expect(causes.map(({ object, message }) => [object, message])).toEqual([
      [deployment, "Deployment shop/web: .spec.replicas: expected numeric"],
      ["/ConfigMap/shop/a", "ConfigMap shop/a: fresh"],
    ]);
  });

  test.each([
    ['404 NotFound: namespaces "shop" not found', "sluice app sync web --sync-option CreateNamespace=true"],
    ["spec.selector: field is immutable", "sluice app sync web --force"],
    ["admission webhook denied the request", "sluice app refresh web"],
  ])("%s: the next command is %s", (message, next) => {
    const last = ended({
      code: "ApplyFailed",
      message: "",
      noted: [{ object: deployment, reason: "ApplyFailed", message }],
    });
    expect(ask({ last, sync: { status: "OutOfSync", since: at } }).causes[0]!.next).toBe(next);
  });

  test("an application that is as desired says so, as of which commit, and what failed all the same", () => {
    const last = ended({ code: "RevisionNotFound", message: 'no branch or tag "nope"' });
    const { standing, asOf, causes } = ask({ last });
    expect(standing).toBe("AsDesired");
    expect(asOf).toEqual({ revision: "c0ffee00aa", at });
    expect(causes).toMatchObject([{ reason: "RevisionNotFound", message: 'no branch or tag "nope"' }]);
  });

  test("a sync by hand of what a rollback left says how it comes back, once", () => {
    const by = { kind: "user" as const, name: "mia" };
    const excluded = [{ revision: "badbadbad1", sourceDigest: "d", operation: "op-1", by, reason: "slow", at }];
    const last = ended({ code: "RevisionExcluded", message: "a rollback left badbadba" });
    expect(ask({ last, excluded }).causes).toMatchObject([
      { reason: "RevisionExcluded", message: "a rollback left badbadba", next: "sluice app release web" },
    ]);
  });

  test("a sync that was terminated is not tried again by itself, and that is said", () => {
    const last = ended({ result: "Terminated" });
    expect(ask({ last }).causes).toMatchObject([
      { reason: "Terminated", message: "the last sync ended as Terminated; nothing tries it again by itself" },
    ]);
  });

  test("a source that renders nothing is hardly what was meant", () => {
    const counts = { create: 0, update: 0, recreate: 0, unchanged: 0, prune: 0, refused: 0, failed: 0 };
    expect(ask({ last: ended({ result: "Succeeded", counts }) }).causes).toMatchObject([{ reason: "NothingRendered" }]);
    expect(ask({ last: ended({ result: "Succeeded", counts: { ...counts, unchanged: 1 } }) }).causes).toEqual([]);
  });

  test("a render that failed names its writer", () => {
    const last = ended({ code: "RenderFailed", message: "kustomization.yaml:3: no such file" });
    expect(ask({ last, sync: { status: "Unknown", since: at } }).causes[0]).toMatchObject({
      ...{ reason: "RenderFailed", message: "kustomization.yaml:3: no such file", since: at },
      who: expect.stringContaining("whoever writes the repository"),
      next: "sluice get application web -o yaml",
    });
  });

  test("drift names who changed it and whether it is put back", () => {
    const drift = [
      { object: deployment, uid: "u", change: "modified" as const, managers: ["kubectl-edit"] },
      { object: "/ConfigMap/shop/a", uid: null, change: "deleted" as const, managers: [] },
    ];
    const { standing, causes } = ask({ drift, sync: { status: "OutOfSync", since: at } });
    expect(standing).toBe("OutOfSync");
    expect(causes[0]!.message).toContain(
      "Deployment shop/web was modified by kubectl-edit; nothing puts it back by itself",
    );
    const healing = { ...spec, syncPolicy: { ...spec.syncPolicy, drift: "remediate" as const } };
    expect(ask({ drift, spec: healing }).causes[1]!.message).toBe("ConfigMap shop/a was deleted; it is being put back");
  });

  test("drift names the field with its values, and a fight names both sides and when it goes on", () => {
    const drift = [
      {
        ...{ object: deployment, uid: "u", change: "modified" as const, managers: ["hpa"], since: at, more: 2 },
        fields: [{ path: ".spec.replicas", was: "2", is: "5" }],
      },
    ];
    const remediation = {
      ...{ operation: "op-1", at },
      flapping: {
        ...{ objects: [deployment], managers: ["hpa", "sluice"], count: 4, windowSeconds: 60 },
        nextAt: "2026-01-01T00:03:00.000Z",
      },
    };
    const healing = { ...spec, syncPolicy: { ...spec.syncPolicy, drift: "remediate" as const } };
    const { causes } = ask({ drift, remediation, spec: healing });
    expect(causes[0]).toMatchObject({ reason: "Flapping", since: at, until: "2026-01-01T00:03:00.000Z" });
    expect(causes[0]!.message).toBe(
      "Deployment shop/web was modified by hpa (.spec.replicas from 2 to 5, and 2 more fields); hpa and sluice write it in turns, 4 times in 60 s, so it is put back more slowly",
    );
  });

  test("a revision that a rollback left says who left it and how it comes back", () => {
    const by = { kind: "user" as const, name: "mia" };
    const excluded = [
      { revision: "badbadbad1", sourceDigest: "d", operation: "op-1", by, reason: "checkout is slow", at },
    ];
    const { standing, causes } = ask({ excluded });
    expect(standing).toBe("Kept");
    expect(causes[0]).toMatchObject({
      message: "revision badbadba is not deployed by itself: checkout is slow (mia)",
      next: "sluice app release web",
    });
  });

  test("a revision that was left is no cause any more once Git says another one", () => {
    const by = { kind: "user" as const, name: "mia" };
    const excluded = [{ revision: "badbadbad1", sourceDigest: "bad", operation: "op-1", by, reason: "slow", at }];
    const deployed = { operation: "op-0", revision: "good", artifact: "a", sourceDigest: "good", at };
    const reasons = (sourceDigest: string) =>
      ask({ excluded, deployed, sync: { status: "OutOfSync", sourceDigest, since: at } }).causes.map(
        ({ reason }) => reason,
      );
    expect(reasons("bad")).toEqual(["RevisionExcluded"]);
    expect(reasons("newer")).toEqual(["OutOfSync"]);
  });

  test("the end of a fight's pause is said only while it is to come", () => {
    const drift = [{ object: deployment, uid: "u", change: "modified" as const, managers: ["hpa"] }];
    const flapping = { objects: [deployment], managers: ["hpa", "sluice"], count: 4, windowSeconds: 60, nextAt: at };
    expect(ask({ drift, remediation: { operation: "op-1", at, flapping } }).causes[0]!.until).toBeUndefined();
  });

  test("an operation that waits for a yes names what it would delete", () => {
    const objects = [{ object: "/PersistentVolumeClaim/shop/data", reason: "Confirm" }];
    const confirmation = { operation: "op-2", objects, count: 3, since: at };
    expect(ask({ running: "op-2", confirmation }).causes[0]).toMatchObject({
      message: "it waits for a yes before it deletes PersistentVolumeClaim shop/data and 2 more",
      next: "sluice app confirm web",
    });
  });

  test("a failed attempt says why it failed and when the next one comes", () => {
    const retry = {
      operation: "op-2",
      attempt: 3,
      at: "2026-01-01T00:01:00.000Z",
      code: "ApplyFailed",
      message: "quota",
    };
    expect(ask({ running: "op-2", retry }).causes[0]).toMatchObject({
      ...{ reason: "BackingOff", until: retry.at },
      message: "the last attempt failed with ApplyFailed: quota; attempt 3 comes next",
    });
  });

  test("refused prunes are named with their reason", () => {
    const noted = [{ object: "/ConfigMap/shop/old", reason: "OverPruneLimit", message: "12 of 20 would go" }];
    const last = ended({ result: "Succeeded", noted });
    const { causes } = ask({ last, sync: { status: "OutOfSync", since: at } });
    expect(causes).toMatchObject([{ reason: "OverPruneLimit", object: "/ConfigMap/shop/old" }]);
  });

  test("says each object once, and always who and what next", () => {
    const names = fc.constantFrom("apps/Deployment/shop/web", "/ConfigMap/shop/a", "/Pod/shop/p");
    const noted = fc.array(fc.record({ object: names, reason: fc.constantFrom("Blocked", "Degraded") }), {
      maxLength: 6,
    });
    const looks = fc.array(
      fc.record({
        object: names,
        health: fc.constantFrom("Healthy" as const, "Degraded" as const, "Missing" as const),
      }),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(noted, looks, fc.boolean(), (objects, seen, running) => {
        const view = {
          last: ended({ noted: objects }),
          sync: { status: "OutOfSync" as const, since: at },
          ...(running && { running: "op-2" }),
        };
        const { causes } = ask(view, seen, running ? "WaitingForHealth" : undefined);
        const about = causes.flatMap(({ object }) => object ?? []);
        expect(new Set(about).size).toBe(about.length);
        for (const { who, next, message } of causes)
          expect([who, next, message].every((text) => text !== "")).toBe(true);
      }),
    );
  });
});

describe("the worst pod", () => {
  const pod = (name: string, status: object): RawObject => ({
    ...{ apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "shop" }, status },
  });
  const ready = pod("a", { phase: "Running", conditions: [{ type: "Ready", status: "True" }] });

  test("is the one that can't run, not the one that starts", () => {
    const waiting = { state: { waiting: { reason: "ImagePullBackOff", message: "no such image" } }, name: "web" };
    const starting = pod("b", { phase: "Pending" });
    expect(worstPod([ready, starting, pod("c", { phase: "Pending", containerStatuses: [waiting] })])).toEqual({
      name: "c",
      message: "container web: ImagePullBackOff: no such image",
    });
  });

  test("is nobody where all are well", () => {
    expect(worstPod([ready])).toBeUndefined();
    expect(worstPod([])).toBeUndefined();
  });
});
