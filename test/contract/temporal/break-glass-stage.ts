import { randomUUID } from "node:crypto";
import type { Client } from "@temporalio/client";
import pino from "pino";
import { createBreakGlassSteps, type BreakGlassDeps } from "../../../activities/break-glass.ts";
import { createOperations, type Operations } from "../../../adapters/temporal/operations.ts";
import { startTemporalWorker, type TemporalWorker } from "../../../adapters/temporal/worker.ts";
import type { Command } from "../../../domain/application/command.ts";
import { decide } from "../../../domain/application/decide.ts";
import { evolve } from "../../../domain/application/evolve.ts";
import { initialApplication } from "../../../domain/application/state.ts";
import type { ApplicationEvent } from "../../../schemas/events/index.ts";
import { breakGlassWorkflowId } from "../../../schemas/ids.ts";
import type { OperationRequest } from "../../../schemas/operation.ts";
import { configuration, end, start, success } from "../../domain/application/examples.ts";
import { playedBy } from "./stage.ts";

export const ADA = { kind: "user", name: "ada" } as const;
const ID = "bg-1";

/** The workflow of a break-glass on the real server, over a ledger in memory that is decided by the real decider. */
export interface BreakGlassStage {
  operations: Operations;
  requests: OperationRequest[];
  released: number;
  events(): ApplicationEvent[];
  types(): string[];
  /** Appends what a command says, as the API does, and tells the workflow, as the dispatcher does. */
  say(command: Command): Promise<void>;
  on(ms: number, more?: object): Command;
  until(ms: number): { at: string; until: string };
  ended(): Promise<void>;
  workflowId: string;
  /** Another worker in place of the one before. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function openBreakGlass(
  setting: { address: string; bundle: string; client: Client },
  commitDifference: BreakGlassDeps["commitDifference"] = async () => ({ branch: "fix", commit: "c0ffee" }),
): Promise<BreakGlassStage> {
  const application = `app-${randomUUID().slice(0, 8)}`;
  const taskQueue = `queue-${application}`;
  const events: ApplicationEvent[] = [];
  const state = () => events.reduce(evolve, initialApplication);
  const execute = (command: Command): ApplicationEvent[] => {
    const said = decide(command, state());
    events.push(...said);
    return said;
  };
  for (const command of [
    { type: "CreateApplication", ...configuration() } as const,
    start("op-1"),
    end("op-1", success()),
  ])
    execute(command);
  const played = { requests: [] as OperationRequest[], released: 0 };
  const steps = createBreakGlassSteps({
    applications: { load: async () => state(), execute: async (_, command) => execute(command) },
    operations: {
      request: async (_, request) => void played.requests.push(request),
      released: async () => void (played.released += 1),
    },
    commitDifference,
    now: () => new Date().toISOString(),
  });
  const ledger = { events, execute: (command: Command) => void execute(command), hasEnded: () => false };
  const calls = { prepare: 0, apply: 0, assess: 0, settle: 0, note: 0, revert: 0, act: 0 };
  const begin = (): Promise<TemporalWorker> =>
    startTemporalWorker({
      ...{ address: setting.address, namespace: "default", bundle: setting.bundle, taskQueue },
      steps: playedBy({}, ledger, taskQueue, calls),
      breakGlass: steps,
      limits: { workflowTasks: 4, activities: 4, cachedWorkflows: 10 },
      graceMs: 500,
      log: pino({ level: "silent" }),
    });
  let worker = await begin();
  const operations = createOperations(setting.client, { taskQueue });
  const inTime = (ms: number) => ({
    at: new Date().toISOString(),
    until: new Date(Date.now() + ms).toISOString(),
  });
  return {
    operations,
    get requests() {
      return played.requests;
    },
    get released() {
      return played.released;
    },
    events: () => events,
    types: () => events.map(({ type }) => type).filter((type) => type.startsWith("BreakGlass")),
    async say(command) {
      execute(command);
      await operations.breakGlassChanged(application);
    },
    on: (ms, more = {}) =>
      ({
        ...{ type: "StartBreakGlass", id: ID, reason: "incident", people: [], by: ADA, then: "PutBack" },
        ...inTime(ms),
        ...more,
      }) as Command,
    until: inTime,
    ended: async () => void (await setting.client.workflow.getHandle(breakGlassWorkflowId(application)).result()),
    workflowId: breakGlassWorkflowId(application),
    async restart() {
      await worker.stop();
      worker = await begin();
    },
    stop: () => worker.stop(),
  };
}
