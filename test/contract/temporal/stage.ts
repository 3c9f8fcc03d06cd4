import { randomUUID } from "node:crypto";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import type { Client } from "@temporalio/client";
import type {
  ActInput,
  Applied,
  ApplyInput,
  AssessInput,
  Assessed,
  Prepared,
  Settled,
  StepContext,
  StepHandlers,
  Waits,
} from "../../../activities/steps.ts";
import { connectTemporal } from "../../../adapters/temporal/connection.ts";
import { freshBundle } from "../../../adapters/temporal/fresh-bundle.ts";
import { installRuntime } from "../../../adapters/temporal/runtime.ts";
import { createOperations, type Operations } from "../../../adapters/temporal/operations.ts";
import { startTemporalWorker, type TemporalWorker } from "../../../adapters/temporal/worker.ts";
import { commandOfNote } from "../../../activities/note.ts";
import { decide } from "../../../domain/application/decide.ts";
import { evolve } from "../../../domain/application/evolve.ts";
import { hasEnded, initialApplication, isTerminal, type TerminalEvent } from "../../../domain/application/state.ts";
import type { ApplicationEvent } from "../../../schemas/events/index.ts";
import { workflowId } from "../../../schemas/ids.ts";
import type { OperationRequest } from "../../../schemas/operation.ts";
import { configuration, start } from "../../domain/application/examples.ts";

/** What the world does in one scenario; every step has a default that succeeds at once. */
export interface Script {
  /** What it returns is the answer; without one the start is recorded and there is a plan. */
  prepare?(request: OperationRequest, context: StepContext, attempt: number): Promise<Prepared | void>;
  /** What is in the plan beside the rest. */
  plan?: Pick<Extract<Prepared, { status: "planned" }>, "waves" | "confirm" | "retry">;
  apply?(input: ApplyInput, context: StepContext): Promise<Partial<Applied>>;
  assess?(input: AssessInput): Promise<Partial<Assessed>>;
  settle?(): Promise<void>;
  /** What the ledger wants after an end. */
  next?(): Promise<Settled>;
  revert?(request: OperationRequest): Promise<void>;
  act?(input: ActInput): Promise<void>;
  waits?: Partial<Waits>;
}

const NOTHING = { create: 0, update: 0, recreate: 0, unchanged: 0, prune: 0, refused: 0, failed: 0 };

/** A worker on the real server whose steps are played by a script and whose ledger is the real decider in memory. */
export interface Stage {
  application: string;
  operations: Operations;
  events(): readonly ApplicationEvent[];
  terminals(): TerminalEvent[];
  calls(step: keyof StepHandlers): number;
  request(more?: Partial<OperationRequest>): Promise<OperationRequest>;
  /** Until no execution of the application is open. */
  idle(): Promise<void>;
  workflowId: string;
  lastRun(): Promise<string>;
  /** Cancels the execution itself, as somebody at Temporal's own tools would. */
  cancel(): Promise<void>;
  stop(): Promise<void>;
}

export interface Theatre {
  client: Client;
  open(script: Script): Promise<Stage>;
  close(): Promise<void>;
}

/** Connects to a server once for many scenarios, each with a task queue and an application of its own. */
export async function openTheatre(address: string, namespace = "default"): Promise<Theatre> {
  const log = pino({ level: process.env["SLUICE_TEST_LOG"] ?? "silent" });
  installRuntime({ log });
  const bundle = await freshBundle({ cacheDir: await mkdtemp(join(tmpdir(), "sluice-bundle-")), log });
  const connection = await connectTemporal({ address, namespace, log });
  return {
    client: connection.client,
    open: (script) => openStage(script, { address, namespace, bundle, log, client: connection.client }),
    close: () => connection.close(),
  };
}

interface Setting {
  address: string;
  namespace: string;
  bundle: string;
  log: pino.Logger;
  client: Client;
}

async function openStage(script: Script, setting: Setting): Promise<Stage> {
  const application = `app-${randomUUID().slice(0, 8)}`;
  const taskQueue = `queue-${application}`;
  const ledger = createMemoryLedger();
  const calls: Record<keyof StepHandlers, number> = {
    prepare: 0,
    apply: 0,
    assess: 0,
    settle: 0,
    note: 0,
    revert: 0,
    act: 0,
  };
  const worker: TemporalWorker = await startTemporalWorker({
    ...setting,
    taskQueue,
    steps: playedBy(script, ledger, taskQueue, calls),
    limits: { workflowTasks: 8, activities: 8, cachedWorkflows: 50 },
    graceMs: 1_000,
  });
  const operations = createOperations(setting.client, { taskQueue });
  const id = workflowId(application);
  return {
    application,
    operations,
    events: () => ledger.events,
    terminals: () => ledger.events.filter(isTerminal),
    calls: (step) => calls[step],
    request: async (more = {}) => {
      const request = aRequest(more);
      await operations.request(application, request);
      return request;
    },
    idle: async () => {
      for (;;) {
        await setting.client.workflow.getHandle(id).result();
        const { status } = await setting.client.workflow.getHandle(id).describe();
        if (status.name !== "RUNNING") return;
      }
    },
    workflowId: id,
    lastRun: async () => (await setting.client.workflow.getHandle(id).describe()).runId,
    cancel: async () => void (await setting.client.workflow.getHandle(id).cancel()),
    stop: () => worker.stop(),
  };
}

/** A request as a push makes it. */
export const aRequest = (more: Partial<OperationRequest> = {}): OperationRequest => ({
  operation: `op-${randomUUID().slice(0, 8)}`,
  kind: "sync",
  trigger: { type: "push", actor: { kind: "webhook", name: "github" }, cause: "delivery-1" },
  requestedAt: new Date().toISOString(),
  ...more,
});

/** The ledger as the steps see it: the real decider over events that are kept somewhere. */
export interface PlayedLedger {
  events: readonly ApplicationEvent[];
  execute(command: Parameters<typeof decide>[0]): void;
  hasEnded(operation: string): boolean;
}

function createMemoryLedger(): PlayedLedger {
  const events: ApplicationEvent[] = [];
  const state = () => events.reduce(evolve, initialApplication);
  const execute: PlayedLedger["execute"] = (command) => void events.push(...decide(command, state()));
  execute({ type: "CreateApplication", ...configuration() });
  return { events, execute, hasEnded: (operation) => hasEnded(state(), operation) };
}

/** Steps that a script plays on a ledger. */
export function playedBy(
  script: Script,
  ledger: PlayedLedger,
  taskQueue: string,
  calls: Record<keyof StepHandlers, number>,
): StepHandlers {
  const waits: Waits = {
    timeoutMs: 60_000,
    degradedGraceMs: 300,
    recheckMs: 30_000,
    longestRecheckMs: 60_000,
    ...script.waits,
  };
  return {
    async prepare({ request, attempt = 1 }, context): Promise<Prepared> {
      calls.prepare++;
      if (ledger.hasEnded(request.operation)) return { status: "ended" };
      const answer = await script.prepare?.(request, context, attempt);
      if (answer) return answer;
      const { operation, kind, trigger, requestedAt } = request;
      const at = new Date().toISOString();
      const again = attempt > 1 ? { attempt } : {};
      ledger.execute({
        ...start(operation, { kind, trigger, requestedAt, at, ...again }),
        inventory: "inventory-before",
      });
      const facts = { cluster: "prod", plan: "plan", inventory: "inventory-before", counts: NOTHING };
      return { status: "planned", taskQueue, waits, ...facts, ...script.plan };
    },
    async apply(input, context) {
      calls.apply++;
      const played = await script.apply?.(input, context);
      return {
        report: "report",
        inventory: "inventory-after",
        counts: NOTHING,
        health: "Healthy",
        failures: [],
        refused: [],
        unhealthy: [],
        interrupted: false,
        ...played,
      };
    },
    async assess(input) {
      calls.assess++;
      return { report: input.report, health: "Healthy", unhealthy: [], ...(await script.assess?.(input)) };
    },
    async note({ request, note }) {
      calls.note++;
      ledger.execute(commandOfNote(request, note));
    },
    async settle({ ends }) {
      calls.settle++;
      await script.settle?.();
      for (const { request, outcome } of ends) {
        const { operation, kind, trigger } = request;
        ledger.execute({ type: "EndOperation", operation, kind, trigger, durationMs: 1, outcome });
      }
      return { ...(await script.next?.()) };
    },
    async revert({ request }) {
      calls.revert++;
      await script.revert?.(request);
    },
    async act(input) {
      calls.act++;
      await script.act?.(input);
    },
  };
}
