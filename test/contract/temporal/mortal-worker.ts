import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import pino from "pino";
import type { StepHandlers } from "../../../activities/steps.ts";
import { installRuntime } from "../../../adapters/temporal/runtime.ts";
import { startTemporalWorker } from "../../../adapters/temporal/worker.ts";
import { decide } from "../../../domain/application/decide.ts";
import { evolve } from "../../../domain/application/evolve.ts";
import { hasEnded, initialApplication } from "../../../domain/application/state.ts";
import type { ApplicationEvent } from "../../../schemas/events/index.ts";
import { type PlayedLedger, playedBy } from "./stage.ts";

/** Instants at which the worker kills itself with SIGKILL, as a power cut would. */
export const INSTANTS = ["prepare", "prepared", "applying", "applied", "assess", "settle", "settled"] as const;
export type Instant = (typeof INSTANTS)[number];

/** How a mortal worker is started: its only argument, as JSON. */
export interface Mortal {
  address: string;
  bundle: string;
  taskQueue: string;
  /** Files of the events and of the names of applied objects, one to a line. */
  ledger: string;
  cluster: string;
  dieAt?: Instant;
}

/** Objects that an apply writes, one after the other. */
export const OBJECTS = 50;

/** A ledger in a file, that outlives the process. */
export function fileLedger(path: string): PlayedLedger {
  const read = (): ApplicationEvent[] => lines(path).map((line) => JSON.parse(line) as ApplicationEvent);
  const state = () => read().reduce(evolve, initialApplication);
  return {
    get events() {
      return read();
    },
    execute: (command) => {
      const text = decide(command, state()).map((event) => `${JSON.stringify(event)}\n`);
      appendFileSync(path, text.join(""), { flush: true });
    },
    hasEnded: (operation) => hasEnded(state(), operation),
  };
}

/** The lines of a file that may not be there yet. */
export const lines = (path: string): string[] =>
  existsSync(path) ? readFileSync(path, "utf8").split("\n").filter(Boolean) : [];

async function main({ address, bundle, taskQueue, ledger, cluster, dieAt }: Mortal): Promise<void> {
  const die = (instant: Instant): void => {
    if (instant === dieAt) process.kill(process.pid, "SIGKILL");
  };
  const calls = { prepare: 0, apply: 0, assess: 0, settle: 0, note: 0, revert: 0, act: 0 };
  const played = playedBy(
    {
      waits: { recheckMs: 100 },
      prepare: async () => die("prepare"),
      apply: async (_, { heartbeat, progress }) => {
        for (let index = Number(progress ?? 0); index < OBJECTS; index++) {
          if (index === OBJECTS / 2) die("applying");
          appendFileSync(cluster, `object-${index}\n`, { flush: true });
          heartbeat(index);
          await sleep(10);
        }
        die("applied");
        return { health: "Progressing" };
      },
      assess: async () => {
        die("assess");
        return {};
      },
      settle: async () => die("settle"),
    },
    fileLedger(ledger),
    taskQueue,
    calls,
  );
  const steps: StepHandlers = {
    ...played,
    prepare: async (input, context) => {
      const prepared = await played.prepare(input, context);
      die("prepared");
      return prepared;
    },
    settle: async (input, context) => {
      await played.settle(input, context);
      die("settled");
    },
  };
  const log = pino({ level: "silent" });
  installRuntime({ log });
  const limits = { workflowTasks: 4, activities: 4, cachedWorkflows: 10 };
  await startTemporalWorker({ address, namespace: "default", taskQueue, bundle, steps, limits, graceMs: 500, log });
}

if (import.meta.main) await main(JSON.parse(process.argv[2] ?? "") as Mortal);
