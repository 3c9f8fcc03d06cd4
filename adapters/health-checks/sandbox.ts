import type { Checked, CheckProblem, HealthCheck } from "./check.ts";
import { createCheckThread, ThreadEnded, type Ask } from "./check-thread.ts";
import type { CheckRequest } from "./check-worker.ts";
import { Conduct } from "./conduct.ts";
import type { LuaLimits } from "./lua.ts";

/** An object to be judged: as JSON, and what tells it from others. */
export interface JudgedObject {
  place: string;
  json: string;
}

/** Runs health checks out of configuration where they can do no harm: neither to this process nor to what others wait for. */
export interface HealthSandbox {
  /** Never rejects: a check that fails or goes too far is an outcome. */
  judge(check: HealthCheck, object: JudgedObject): Promise<Checked>;
  /** What is wrong with a check itself. */
  look(check: HealthCheck): Promise<CheckProblem[]>;
  close(): Promise<void>;
}

export interface SandboxLimits extends LuaLimits {
  heapMegabytes: number;
  /** How long a check that went too far is not run again: the first time, doubling up to an hour. */
  banMilliseconds: number;
}

/** As long as Argo CD gives a script; memory for a thousand times the largest object's worth of work. */
export const SANDBOX_LIMITS: SandboxLimits = {
  milliseconds: 1_000,
  memoryBytes: 32 * 2 ** 20,
  heapMegabytes: 64,
  banMilliseconds: 60_000,
};

/** The virtual machine stops a script by itself; what it can't stop is ended from outside a moment later. */
const GRACE_MS = 250;
/** Checks change seldom; what is forgotten is only tried anew. */
const MOST_CHECKS = 1_000;

/**
 * A sandbox of two threads: checks that answered before share one, and those that are new or went too far share the other. So a check
 * that loops holds up only its like, and not for long: then it is not run for a while.
 */
export function createHealthSandbox(limits: SandboxLimits = SANDBOX_LIMITS): HealthSandbox {
  const { milliseconds, memoryBytes, heapMegabytes, banMilliseconds } = limits;
  const threadLimits = { milliseconds: milliseconds + GRACE_MS, heapMegabytes };
  const steady = createCheckThread(threadLimits);
  const probation = createCheckThread(threadLimits);
  const conducts = new Map<string, Conduct>();
  const lua = { milliseconds, memoryBytes };

  function conductOf(check: HealthCheck): Conduct {
    const text = JSON.stringify(check);
    const known = conducts.get(text);
    if (known) return known;
    if (conducts.size >= MOST_CHECKS) conducts.clear();
    const made = new Conduct(banMilliseconds);
    conducts.set(text, made);
    return made;
  }

  return {
    judge(check, { place, json }) {
      const conduct = conductOf(check);
      const thread = conduct.trusted ? steady : probation;
      return thread.inTurn(
        // What was waiting for its turn when its check went too far is not run either.
        async (ask) =>
          conduct.standIn(place) ??
          conduct.note(place, await run(ask, { task: "judge", check, object: json, limits: lua })),
      );
    },
    async look(check) {
      const part = check.cel === undefined ? "lua" : "cel";
      try {
        const given = await steady.inTurn((ask) => ask({ task: "look", check, limits: lua }));
        return "problems" in given ? given.problems : [];
      } catch (thrown) {
        return [{ path: [part], message: `can't be read: ${failureOf(thrown).message}` }];
      }
    },
    async close() {
      await Promise.all([steady.close(), probation.close()]);
    },
  };
}

async function run(ask: Ask, request: CheckRequest): Promise<Checked> {
  try {
    const given = await ask(request);
    return "checked" in given ? given.checked : { outcome: "failed", message: "it was not answered" };
  } catch (thrown) {
    return failureOf(thrown);
  }
}

function failureOf(thrown: unknown): Checked & { outcome: "failed" } {
  if (thrown instanceof ThreadEnded) return { outcome: "failed", message: thrown.message, tooFar: true };
  return { outcome: "failed", message: thrown instanceof Error ? thrown.message : "it could not be run" };
}
