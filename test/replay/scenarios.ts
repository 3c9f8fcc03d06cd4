import { setTimeout as sleep } from "node:timers/promises";
import type { ActionRequest } from "../../schemas/action.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { Part } from "../../schemas/phases.ts";
import { aRequest, type Script, type Stage } from "../contract/temporal/stage.ts";

/** One way through the workflow, played on the real server when histories are recorded anew. */
export interface Scenario {
  script(): Script;
  /** Asks for operations and sends signals; the recorder then waits until no execution is left. */
  play(stage: Stage): Promise<void>;
}

const RESTART: ActionRequest = {
  id: "action-1",
  action: "restart",
  object: { group: "apps", kind: "Deployment", namespace: "web", name: "web" },
  parameters: {},
  actor: { kind: "user", name: "ada" },
  requestedAt: "2026-01-01T00:00:00Z",
};
const OPERATOR = { kind: "user", name: "ada" } as const;
const HEALTHY = { health: "Healthy", inventory: "inventory-after" } as const;

const inPhase = async (stage: Stage, phase: string): Promise<void> => {
  while ((await stage.operations.progress(stage.application))?.running?.phase !== phase) await sleep(20);
};
const request = async (stage: Stage): Promise<void> => void (await stage.request());
const progressing = async () => ({ health: "Progressing" }) as const;
const unhealthy = [{ object: "apps/Deployment/web/api", reason: "Degraded", message: "no progress" }];

const untilAborted: NonNullable<Script["apply"]> = async (_, { signal, heartbeat }) => {
  const beat = setInterval(heartbeat, 50);
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  clearInterval(beat);
  return { inventory: "partial", interrupted: true };
};

/** Fails the first attempts of a step. */
function flaky(attempts: number, code: "SourceUnavailable" | "ClusterUnavailable" | "Unavailable") {
  let left = attempts;
  return async () => {
    if (left-- > 0) throw new SluiceError(code, "not now");
  };
}

const waiting = (during: (stage: Stage) => Promise<unknown>, script: Script = {}): Scenario => ({
  script: () => ({ apply: progressing, ...script }),
  play: async (stage) => {
    await stage.request();
    await inPhase(stage, "WaitingForHealth");
    await during(stage);
  },
});

const PARTS: readonly Part[] = [
  { phase: "PreSync", wave: 0 },
  { phase: "Sync", wave: 0 },
  { phase: "Sync", wave: 1 },
  { phase: "PostSync", wave: 0 },
  { phase: "SyncFail", wave: 0 },
];
const GUARDED: Script["plan"] = {
  waves: [
    { phase: "Sync", wave: 0 },
    { phase: "Prune", wave: 0, confirm: true },
  ],
  confirm: { objects: [{ object: "/Namespace//web", reason: "NotDesired" }], count: 1 },
};
const RETRY = { limit: 2, pauseMs: 100, factor: 2, longestMs: 1_000, refresh: false };

/** In parts, of which the first is healthy when the watch says so. */
const inParts = (during: (stage: Stage) => Promise<unknown>, script: Script = {}): Scenario => ({
  script: () => ({
    plan: { waves: [...PARTS] },
    apply: async ({ part }) => (part?.phase === "PreSync" ? { health: "Progressing" } : { whole: "Healthy" }),
    ...script,
  }),
  play: async (stage) => {
    await stage.request();
    await inPhase(stage, "WaitingForHealth");
    await during(stage);
  },
});

/** Holds the first operation back when it is first looked at. */
function heldOnce(): Script {
  const hold = { reason: "SyncWindowClosed", message: "night" } as const;
  const waits = { timeoutMs: 60_000, degradedGraceMs: 1_000, recheckMs: 1_000, longestRecheckMs: 60_000 };
  let first = true;
  return {
    prepare: async () => {
      if (!first) return;
      first = false;
      return { status: "held", hold, waits };
    },
  };
}

/** Every scenario by the name of its recorded history. */
export const SCENARIOS: Record<string, Scenario> = {
  succeeded: { script: () => ({}), play: request },
  "nothing-to-do": { script: () => ({ prepare: async () => ({ status: "ended" }) }), play: request },
  "healthy-by-signal": waiting((stage) => stage.operations.clusterChanged(stage.application, HEALTHY)),
  "healthy-by-timer": {
    script: () => ({ apply: progressing, waits: { recheckMs: 100 } }),
    play: request,
  },
  "health-unreadable": {
    script: () => {
      const trouble = flaky(2, "ClusterUnavailable");
      const assess = async () => {
        await trouble();
        return {};
      };
      return { apply: progressing, assess, waits: { recheckMs: 100 } };
    },
    play: request,
  },
  degraded: {
    script: () => ({
      apply: async () => ({ health: "Degraded", unhealthy }),
      assess: async () => ({ health: "Degraded", unhealthy }),
    }),
    play: request,
  },
  "apply-failed": {
    script: () => ({ apply: async () => ({ failures: [{ object: "/ConfigMap/web/a", reason: "Invalid" }] }) }),
    play: request,
  },
  "not-retried": {
    script: () => ({ prepare: () => Promise.reject(new SluiceError("RenderFailed", "a.yaml:3: not YAML")) }),
    play: request,
  },
  "retried-source": { script: () => ({ prepare: flaky(3, "SourceUnavailable") }), play: request },
  "retried-cluster": {
    script: () => {
      const trouble = flaky(2, "ClusterUnavailable");
      const apply = async () => {
        await trouble();
        return {};
      };
      return { apply };
    },
    play: request,
  },
  "retried-ledger": { script: () => ({ settle: flaky(3, "Unavailable") }), play: request },
  deleted: { script: () => ({}), play: async (stage) => void (await stage.request({ kind: "delete" })) },
  superseded: waiting(
    async (stage) => {
      await stage.request();
      await sleep(200);
      await stage.operations.clusterChanged(stage.application, HEALTHY);
    },
    { waits: { recheckMs: 500 } },
  ),
  storm: waiting(
    async (stage) => {
      await Promise.all(Array.from({ length: 5 }, () => stage.request({ kind: "refresh" })));
      await stage.operations.clusterChanged(stage.application, HEALTHY);
    },
    { waits: { recheckMs: 500 } },
  ),
  "terminated-preparing": {
    script: () => ({
      prepare: (_, { signal }) => new Promise((resolve) => signal.addEventListener("abort", () => resolve(undefined))),
    }),
    play: async (stage) => {
      await stage.request();
      while (stage.calls("prepare") === 0) await sleep(20);
      await stage.operations.terminate(stage.application, "*", OPERATOR);
    },
  },
  "terminated-applying": {
    script: () => ({ apply: untilAborted }),
    play: async (stage) => {
      await stage.request();
      while (stage.calls("apply") === 0) await sleep(20);
      await stage.operations.terminate(stage.application, "*", OPERATOR);
    },
  },
  "terminated-waiting": waiting((stage) => stage.operations.terminate(stage.application, "*", OPERATOR)),
  "timed-out-applying": { script: () => ({ apply: untilAborted, waits: { timeoutMs: 1_000 } }), play: request },
  "timed-out-waiting": { script: () => ({ apply: progressing, waits: { timeoutMs: 1_000 } }), play: request },
  waves: inParts((stage) => stage.operations.clusterChanged(stage.application, HEALTHY)),
  "hook-failed": inParts((stage) => stage.operations.clusterChanged(stage.application, HEALTHY), {
    assess: async ({ part }) =>
      part?.phase === "PreSync"
        ? { health: "Degraded", failures: [{ object: "batch/Job/web/migrate", reason: "HookFailed" }], leftovers: true }
        : {},
  }),
  "terminated-hook": inParts((stage) => stage.operations.terminate(stage.application, "*", OPERATOR)),
  confirmed: {
    script: () => ({ plan: GUARDED }),
    play: async (stage) => {
      await stage.request();
      await inPhase(stage, "WaitingForConfirmation");
      await stage.operations.confirm(stage.application, "*", OPERATOR);
    },
  },
  "retried-sync": {
    script: () => {
      let left = 2;
      const failures = [{ object: "/ConfigMap/web/a", reason: "Invalid" }];
      return { plan: { retry: RETRY }, apply: async () => (left-- > 0 ? { failures } : {}) };
    },
    play: request,
  },
  "terminated-backing-off": {
    script: () => ({
      plan: { retry: { ...RETRY, pauseMs: 30_000, longestMs: 30_000 } },
      apply: async () => ({ failures: [{ object: "/ConfigMap/web/a", reason: "Invalid" }] }),
    }),
    play: async (stage) => {
      await stage.request();
      await inPhase(stage, "BackingOff");
      await stage.operations.terminate(stage.application, "*", OPERATOR);
    },
  },
  held: {
    script: heldOnce,
    play: async (stage) => {
      await stage.request();
      await inPhase(stage, "Held");
      await stage.operations.released(stage.application);
    },
  },
  "held-makes-way": {
    script: heldOnce,
    play: async (stage) => {
      await stage.request();
      await inPhase(stage, "Held");
      await stage.request({ options: { resources: [{ kind: "ConfigMap" }] } });
    },
  },
  "cancelled-from-outside": waiting((stage) => stage.cancel()),
  "rolled-back": {
    script: () => {
      let ends = 0;
      const wanted = { next: aRequest({ operation: "rollback-1", kind: "rollback", target: "op-0" }) };
      const failures = [{ object: "/ConfigMap/web/a", reason: "Invalid" }];
      return {
        next: async () => (ends++ === 0 ? wanted : {}),
        apply: async ({ kind }) => (kind === "rollback" ? {} : { failures }),
      };
    },
    play: request,
  },
  reverted: {
    script: () => ({}),
    play: async (stage) => void (await stage.request({ kind: "rollback", target: "op-0", options: { revert: {} } })),
  },
  "acted-alone": { script: () => ({}), play: (stage) => stage.operations.act(stage.application, RESTART) },
  "acted-beside": waiting(async (stage) => {
    await stage.operations.act(stage.application, RESTART);
    while (stage.calls("act") === 0) await sleep(20);
    await stage.operations.clusterChanged(stage.application, HEALTHY);
  }),
  "action-given-up": {
    script: () => ({
      act: async ({ failure }) => {
        if (!failure) throw new SluiceError("Forbidden", "no");
      },
    }),
    play: (stage) => stage.operations.act(stage.application, RESTART),
  },
};
