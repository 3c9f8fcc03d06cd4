import { describe, expect, test } from "vitest";
import { localArtifact, refuseLocalWithAutoSync } from "../../activities/local.ts";
import { createPrepare, type PrepareDeps } from "../../activities/prepare.ts";
import type { Command } from "../../domain/application/command.ts";
import { applicationDecider } from "../../domain/application/decider.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { ApplicationEvent } from "../../schemas/events/index.ts";
import type { OperationOptions } from "../../schemas/operation.ts";
import { configuration, trigger } from "../domain/application/examples.ts";

const LOCAL = { version: 1, application: "guestbook", revision: "local", sourceDigest: "source-local", objects: [] };
const stored: Record<string, unknown> = {
  local: LOCAL,
  other: { ...LOCAL, application: "other" },
  commit: { ...LOCAL, revision: "c".repeat(40) },
};
const blobs = {
  getJson: async <T>(digest: string): Promise<T> => {
    if (!(digest in stored)) throw new SluiceError("NotFound", `no blob ${digest}`);
    return stored[digest] as T;
  },
};

describe("what a digest of local files stands for", () => {
  test("is the rendering of this application's files", async () => {
    expect(await localArtifact(blobs, { application: "guestbook", digest: "local" })).toEqual(LOCAL);
  });

  test.each(["other", "commit", "none"])("%s is nothing that may be applied", async (digest) => {
    const found = localArtifact(blobs, { application: "guestbook", digest });
    await expect(found).rejects.toMatchObject({ code: "InvalidInput" });
  });
});

test.each([
  [{ local: "x" }, { automated: { enabled: true } }, true],
  [{ local: "x", dryRun: true }, { automated: { enabled: true } }, false],
  [{ local: "x" }, { automated: { enabled: false } }, false],
  [{ local: "x" }, {}, false],
  [{}, { automated: { enabled: true } }, false],
])("%j with %j is refused: %s", (options, policy, refused) => {
  const check = () => refuseLocalWithAutoSync("web", options, policy as never);
  if (refused) expect(check).toThrow("synced automatically");
  else expect(check).not.toThrow();
});

/** Prepares one sync of an application that is synced by hand, or automatically; what was recorded and planned. */
async function prepared(options: OperationOptions, automated: boolean) {
  const events: ApplicationEvent[] = [];
  const { decide, evolve, initial } = applicationDecider;
  const state = () => events.reduce(evolve, initial);
  const run = (command: Command) => {
    const decided = decide(command, state());
    events.push(...decided);
    return decided;
  };
  const { spec, ...about } = configuration();
  const { automated: policy, ...manual } = spec.syncPolicy;
  const syncPolicy = automated ? { ...manual, automated: policy } : manual;
  run({ type: "CreateApplication", ...about, spec: { ...spec, syncPolicy } as typeof spec });
  const counts = { create: 1, update: 0, recreate: 0, unchanged: 0, prune: 0, refused: 0, failed: 0 };
  const planned: Parameters<PrepareDeps["plan"]>[0][] = [];
  const deps: Partial<PrepareDeps> = {
    applications: { load: async () => state(), execute: async (_, command) => run(command) },
    blobs,
    place: async () => ({
      cluster: { name: "prod", server: "https://prod" },
      project: { name: "default", spec: {} as never },
    }),
    admit: async () => ({}),
    plan: async (asked) => {
      planned.push(asked);
      return { plan: "plan-1", inventory: "begun-1", counts, resources: [] };
    },
    taskQueueOf: () => "queue",
    waits: { degradedGraceMs: 1, recheckMs: 2, longestRecheckMs: 3 },
    now: () => "2026-01-01T00:00:02.000Z",
    recorded: () => undefined,
  };
  const request = {
    operation: "op-1",
    kind: "sync",
    trigger,
    requestedAt: "2026-01-01T00:00:00.000Z",
    options,
  } as const;
  const context = { signal: new AbortController().signal, heartbeat: () => undefined, progress: undefined };
  await createPrepare(deps as PrepareDeps)({ application: "guestbook", request }, context);
  return { events, planned };
}

describe("a sync of local files", () => {
  test("is planned of what was stored, follows no commit, and is recorded as no revision of Git's", async () => {
    const { events, planned } = await prepared({ local: "local" }, false);
    expect(planned).toMatchObject([{ artifact: "local", move: "chosen" }]);
    const [, started] = events;
    expect(started).toMatchObject({
      type: "OperationStarted",
      data: { artifact: "local", options: { local: "local" } },
    });
    expect(started?.data).not.toHaveProperty("revision");
    expect(started?.data).not.toHaveProperty("sourceDigest");
  });

  test("is refused when the application has become automated since it was asked for", async () => {
    await expect(prepared({ local: "local" }, true)).rejects.toMatchObject({ code: "Conflict" });
  });
});
