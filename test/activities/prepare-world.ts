import { createPrepare, type PrepareDeps } from "../../activities/prepare.ts";
import type { Applied, StepContext } from "../../activities/steps.ts";
import type { Command } from "../../domain/application/command.ts";
import { applicationDecider } from "../../domain/application/decider.ts";
import type { Plan, PlanStep } from "../../schemas/artifact.ts";
import type { ApplicationEvent } from "../../schemas/events/index.ts";
import type { ActionCounts, OperationRequest } from "../../schemas/operation.ts";
import { configuration, trigger } from "../domain/application/examples.ts";

/** What prepare stands on, in memory, with what was asked of it. */

export const NOTHING: ActionCounts = {
  create: 0,
  update: 0,
  recreate: 0,
  unchanged: 0,
  prune: 0,
  refused: 0,
  failed: 0,
};
const NOW = "2026-01-01T00:00:02.000Z";
export const context: StepContext = {
  signal: new AbortController().signal,
  heartbeat: () => undefined,
  progress: undefined,
};

export const request = (more: Partial<OperationRequest> = {}): OperationRequest => ({
  operation: "op-1",
  kind: "sync",
  trigger,
  requestedAt: "2026-01-01T00:00:00.000Z",
  ...more,
});
export const step = (name: string, action: PlanStep["action"], more: Partial<PlanStep> = {}): PlanStep => ({
  key: { group: "", kind: "ConfigMap", namespace: "web", name },
  apiVersion: "v1",
  action,
  reason: "Drifted",
  ...more,
});
const applied: Applied = {
  report: "report-1",
  inventory: "inventory-1",
  counts: { ...NOTHING, unchanged: 3 },
  health: "Healthy",
  failures: [],
  refused: [],
  unhealthy: [],
  interrupted: false,
};

type Calls = { produce: unknown[]; plan: Parameters<PrepareDeps["plan"]>[0][]; apply: unknown[]; messages: string[] };

/** Ports that answer, an aggregate in memory, and what was asked of them. */
export function world(
  counts: Partial<ActionCounts> = { create: 1 },
  steps: PlanStep[] = [step("a", "create")],
  done: Partial<Applied> = {},
) {
  const { decide, evolve, initial } = applicationDecider;
  const events: ApplicationEvent[] = [];
  const recorded: ApplicationEvent[] = [];
  const calls: Calls = { produce: [], plan: [], apply: [], messages: [] };
  const state = () => events.reduce(evolve, initial);
  const run = (command: Command): ApplicationEvent[] => {
    const decided = decide(command, state());
    events.push(...decided);
    return decided;
  };
  run({ type: "CreateApplication", ...configuration() });
  const all = { ...NOTHING, ...counts };
  const plan: Plan = {
    version: 1,
    application: "guestbook",
    operation: "op-1",
    cluster: "prod",
    artifact: "artifact-1",
    inventory: "begun-1",
    steps,
    counts: all,
  };
  const deps: PrepareDeps = {
    applications: {
      load: async () => state(),
      execute: async (_, command, meta) => {
        calls.messages.push(meta.messageId);
        return run(command);
      },
    },
    blobs: { getJson: async <T>() => plan as T },
    place: async ({ destination }) => ({
      cluster: { name: destination.name ?? "", server: "https://prod" },
      project: { name: "default", spec: {} as never },
    }),
    admit: async () => ({}),
    dryRun: async ({ plan }) => ({ report: `report of ${plan}`, counts: all, failures: [] }),
    source: {
      produce: async (asked) => {
        calls.produce.push(asked);
        return { revision: "c0ffee", sourceDigest: "source-1", artifact: "artifact-1" };
      },
      move: async () => "forward",
    },
    plan: async (asked) => {
      calls.plan.push(asked);
      return { plan: "plan-1", inventory: "begun-1", counts: all, resources: ["v1/configmaps"] };
    },
    apply: async (input) => {
      calls.apply.push(input);
      return { ...applied, ...done };
    },
    taskQueueOf: (cluster) => `queue-of-${cluster}`,
    waits: { degradedGraceMs: 1, recheckMs: 2, longestRecheckMs: 3 },
    now: () => NOW,
    recorded: (told) => recorded.push(...told),
  };
  const prepare = createPrepare(deps);
  return {
    deps,
    calls,
    events,
    recorded,
    run,
    prepare: (more: Partial<OperationRequest> = {}, attempt = 1) =>
      prepare({ application: "guestbook", request: request(more), attempt }, context),
    types: () => events.slice(1).map(({ type }) => type),
  };
}

export const unchanged = (done: Partial<Applied>) => world({ unchanged: 3 }, [step("a", "unchanged")], done);
