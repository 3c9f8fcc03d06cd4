import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ApplicationEvent } from "../../../schemas/events/index.ts";
import type { ApplicationCommand } from "../../../schemas/messages.ts";
import type { ApplicationView } from "../../../schemas/views.ts";
import { application, CLUSTER } from "../api/instance.ts";
import { cliWithServer } from "./cli.ts";

let at: Awaited<ReturnType<typeof cliWithServer>>;
beforeEach(async () => {
  at = await cliWithServer();
  const policy = "syncPolicy: { automated: { selfHeal: true } }";
  await at.apply([CLUSTER, application("web", policy)].join("---"));
  answers = undefined;
  const publish = at.ports.intake.publish.bind(at.ports.intake);
  at.ports.intake.publish = async (message, messageId) => {
    setTimeout(() => record(...(answers?.(message as ApplicationCommand) ?? [])), 20);
    return publish(message, messageId);
  };
});
afterEach(() => at.close());

const ADMIN = { kind: "user", name: "admin" } as const;
const KEY = { group: "apps", kind: "Deployment", namespace: "shop", name: "web" };
const ENTRY = { key: KEY, apiVersion: "apps/v1", uid: "uid-1", fieldSet: { "f:spec": { "f:replicas": {} } } };
const revisionOf = (letter: string): string => letter.repeat(40);

function record(...events: ApplicationEvent[]): void {
  for (const event of events) {
    at.record({
      ref: { type: "application", name: "web" },
      expected: { sequence: 0, hash: "" },
      events: [event],
      meta: { at: new Date().toISOString(), actor: ADMIN, cause: "c", messageId: "m" },
    });
  }
}

const COUNTS = { create: 1, update: 0, recreate: 0, unchanged: 0, prune: 0, refused: 0, failed: 0 };
const ran = (operation: string, letter: string, kind: "sync" | "rollback" = "sync") => ({
  ...{ operation, kind, trigger: { type: "manual", actor: ADMIN, cause: operation } as const },
  ...{ revision: revisionOf(letter), sourceDigest: `source-${letter}`, artifact: `artifact-${letter}` },
});
const deploy = (operation: string, letter: string, kind?: "sync" | "rollback"): ApplicationEvent[] => [
  {
    type: "OperationStarted",
    data: {
      ...ran(operation, letter, kind),
      cluster: "staging",
      plan: "p",
      counts: COUNTS,
      resources: [],
      inventory: "i",
    },
  },
  {
    type: "SyncSucceeded",
    data: {
      ...ran(operation, letter, kind),
      ...{ counts: COUNTS, inventory: "i", report: "r", health: "Healthy", refused: [], durationMs: 5 },
    },
  },
];

let answers: ((command: ApplicationCommand) => ApplicationEvent[]) | undefined;

/** Answers each command with events, as the services would. */
function playing(eventsOf: (command: ApplicationCommand) => ApplicationEvent[]): ApplicationCommand[] {
  const seen: ApplicationCommand[] = [];
  answers = (command) => {
    seen.push(command);
    return eventsOf(command);
  };
  return seen;
}

const change = (more: Partial<ApplicationView>): void => {
  const rows = at.table("applications");
  rows.set("web", { ...(rows.get("web") as ApplicationView), ...more });
};
const ownsDeployment = (): void => {
  at.blobs.set("owned", { version: 1, application: "web", cluster: "staging", entries: [ENTRY] });
  change({ inventory: "owned", cluster: "staging" });
};

describe("app rollback", () => {
  it("says where it goes, follows it, and says what stays excluded", async () => {
    record(...deploy("op-a", "a"), ...deploy("op-b", "b"));
    const seen = playing(({ operation }) => deploy(operation, "a", "rollback"));
    const excluded = {
      revision: revisionOf("b"),
      sourceDigest: "source-b",
      operation: "x",
      by: ADMIN,
      reason: "RolledBack",
    };
    change({ excluded: [{ ...excluded, at: "2026-01-01T00:00:00Z" }] });
    const { code, err } = await at.sluice("app rollback web");
    expect(code).toBe(0);
    expect(seen).toMatchObject([
      { command: "rollback", target: "op-a", operation: expect.stringMatching(/^rollback-/) },
    ]);
    expect(err).toContain("web goes back to aaaaaaaa, as op-a deployed it.");
    expect(err).toContain("web: Succeeded at aaaaaaaa");
    expect(err).toContain("sluice app release web bbbbbbbb");
    expect((await at.sluice("app get web")).out).toMatch(/Excluded: +b{40} by admin \(RolledBack\)/);
  });

  it("with a revert says which commit there is", async () => {
    record(...deploy("op-a", "a"), ...deploy("op-b", "b"));
    const pushed = {
      repoURL: "u",
      branch: "main",
      commit: revisionOf("c"),
      revision: revisionOf("a"),
      result: "pushed",
    } as const;
    const seen = playing(({ operation }) => [
      { type: "RevertPushed", data: { operation, ...pushed, outside: ["base/x.yaml"] } },
      ...deploy(operation, "a", "rollback"),
    ]);
    const done = await at.sluice("app rollback web op-a --push-revert --branch main --prune");
    expect(done.code).toBe(0);
    expect(done.err).toContain("The branch main brings it back in Git with commit cccccccc.");
    expect(done.err).toContain("base/x.yaml");
    expect(seen).toMatchObject([{ prune: true, options: { revert: { branch: "main" } } }]);
  });

  it("with a revert that could not be pushed says why, and that with its exit code", async () => {
    record(...deploy("op-a", "a"), ...deploy("op-b", "b"));
    playing(({ operation }) => [
      { type: "RevertFailed", data: { operation, code: "SourceForbidden", message: "no push" } },
      ...deploy(operation, "a", "rollback"),
    ]);
    const failed = await at.sluice("app rollback web op-a --push-revert");
    expect(failed.code).toBe(10);
    expect(failed.err).toContain("No commit was pushed: no push");
    expect((await at.sluice("app rollback web --branch x")).code).toBe(2);
  });

  it("to what is not kept is refused with what is", async () => {
    record(...deploy("op-a", "a"));
    const { code, err } = await at.sluice("app rollback web op-z");
    expect(code).toBe(4);
    expect(err).toContain("op-a (aaaaaaaa)");
    expect((await at.sluice("app rollback web")).err).toContain("no earlier version");
  });
});

describe("app release", () => {
  it("asks for a release and follows it; without an exclusion it is refused", async () => {
    expect((await at.sluice("app release web")).code).toBe(5);
    record(...deploy("op-a", "a"));
    record({
      type: "RevisionExcluded",
      data: { revision: revisionOf("b"), sourceDigest: "source-b", operation: "x", by: ADMIN, reason: "RolledBack" },
    });
    const seen = playing(({ operation }) => deploy(operation, "b"));
    expect((await at.sluice("app release web bbbbbbb")).code).toBe(0);
    expect(seen).toMatchObject([{ command: "release", revision: revisionOf("b") }]);
    expect((await at.sluice("app release web ccccccc")).err).toContain("bbbbbbbbbbbb");
  });
});

describe("app actions", () => {
  it("lists what can be done and what not", async () => {
    at.ports.actions = async () => [
      {
        ...KEY,
        actions: [
          { action: "restart", enabled: false, reason: "it is paused; resume it first" },
          { action: "scale", enabled: true, parameters: { replicas: "how many" } },
        ],
      },
    ];
    const { out } = await at.sluice("app actions list web");
    expect(out.split("\n")[1]).toMatch(/^Deployment.apps +shop +web +restart +- +it is paused/);
    expect(out).toMatch(/scale +replicas/);
    at.ports.actions = async () => [];
    expect((await at.sluice("app actions list web")).err).toContain("None of its objects has actions");
  });

  it("runs one, warns of what works against it, and tells what came of it", async () => {
    ownsDeployment();
    const asked = {
      action: "scale",
      object: "apps/Deployment/shop/web",
      parameters: { replicas: "3" },
      by: ADMIN,
    } as const;
    const seen = playing(({ operation }) => [{ type: "ActionSucceeded", data: { request: operation, ...asked } }]);
    const line = "app actions run web scale --kind Deployment --resource-name web --param replicas=3";
    const { code, out, err } = await at.sluice(line);
    expect(code).toBe(0);
    expect(out).toBe("scale of apps/Deployment/shop/web done\n");
    expect(err).toContain("self-heal is on");
    expect(seen).toMatchObject([
      { command: "act", action: { name: "scale", object: KEY, parameters: { replicas: "3" } } },
    ]);
    playing(({ operation }) => [
      { type: "ActionFailed", data: { request: operation, ...asked, code: "Conflict", message: "it is paused" } },
    ]);
    const failed = await at.sluice(line);
    expect(failed.code).toBe(5);
    expect(failed.err).toContain("it is paused");
  });

  it.each([
    ["app actions run web restart", 2, "--resource-name"],
    ["app actions run web restart --kind Deployment --resource-name other", 4, "owns no Deployment other"],
    ["app actions run web suspend --kind Deployment --resource-name web", 3, "no action suspend"],
    ["app actions run web scale --kind Deployment --resource-name web --param replicas", 2, "replicas=3"],
    ["app actions run web scale --kind Deployment --resource-name web", 3, "number of replicas"],
  ])("%s exits with %i", async (line, code, text) => {
    ownsDeployment();
    const ended = await at.sluice(line);
    expect(ended.code).toBe(code);
    expect(ended.err).toContain(text);
  });
});

describe("app delete", () => {
  it("needs a yes where it would delete objects and nobody can be asked", async () => {
    ownsDeployment();
    const { code, err } = await at.sluice("app delete web");
    expect(code).toBe(2);
    expect(err).toContain("1 object would be deleted: Deployment shop/web");
    expect(at.published).toEqual([]);
  });

  it.each([
    ["--yes --no-wait", { confirm: true }],
    ["--yes --no-wait --propagation foreground", { confirm: true, syncOptions: ["PrunePropagationPolicy=foreground"] }],
    ["--orphan --no-wait", { orphan: true }],
  ])("%s asks for it with %j", async (flags, options) => {
    ownsDeployment();
    expect((await at.sluice(`app delete web ${flags}`)).code).toBe(0);
    expect(at.published.map(({ message }) => message)).toMatchObject([{ command: "delete", options }]);
  });

  it("of what owns nothing needs no yes", async () => {
    expect((await at.sluice("app delete web")).code).toBe(0);
    expect(at.table("applications").has("web")).toBe(false);
  });

  it("of what left objects elsewhere is refused with where", async () => {
    ownsDeployment();
    change({
      left: [{ cluster: "old", resources: ["v1/configmaps", "apps/v1/deployments"], at: "2026-01-01T00:00:00Z" }],
    });
    const { code, err } = await at.sluice("app delete web --yes");
    expect(code).toBe(5);
    expect(err).toContain("left objects on old");
    expect((await at.sluice("app get web")).out).toContain(
      "kubectl delete configmaps,deployments.apps -A -l sluice.dev/application=web",
    );
    expect((await at.sluice("app delete web --yes --force --no-wait")).code).toBe(0);
  });
});
