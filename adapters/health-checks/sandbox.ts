import type { Checked, CheckProblem, HealthCheck } from "./check.ts";
import { createCheckThread, ThreadEnded, type AtItsTurn, type CheckThread } from "./check-thread.ts";
import type { CheckRequest } from "./check-worker.ts";
import type { LuaLimits } from "./lua.ts";

/** Runs health checks out of configuration where they can do no harm: neither to this process nor to what others wait for. */
export interface HealthSandbox {
  /** Never rejects: a check that fails or goes too far is an outcome. `object` is JSON. */
  judge(check: HealthCheck, object: string): Promise<Checked>;
  /** What is wrong with a check itself. */
  look(check: HealthCheck): Promise<CheckProblem[]>;
  close(): Promise<void>;
}

export interface SandboxLimits extends LuaLimits {
  heapMegabytes: number;
  /** How long a check that went too far is not run again. */
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

/** What is known of a check by what it did so far. */
interface Conduct {
  /** It has answered before, and went too far never since. */
  trusted: boolean;
  /** Until when it is not run, and what it failed with. */
  banned?: { until: number; message: string };
}

/**
 * A sandbox of two threads: checks that answered before share one, and those that are new or went too far share the other. So a check
 * that loops holds up only its like, and for no more than one limit: then it is not run for a while.
 */
export function createHealthSandbox(limits: SandboxLimits = SANDBOX_LIMITS): HealthSandbox {
  const { milliseconds, memoryBytes, heapMegabytes, banMilliseconds } = limits;
  const threadLimits = { milliseconds: milliseconds + GRACE_MS, heapMegabytes };
  const steady = createCheckThread(threadLimits);
  const probation = createCheckThread(threadLimits);
  const records = new Map<string, Conduct>();
  const lua = { milliseconds, memoryBytes };

  const recordOf = (text: string): Conduct => {
    const known = records.get(text);
    if (known) return known;
    // Checks change seldom; what is forgotten is only tried anew.
    if (records.size > 1_000) records.clear();
    const made: Conduct = { trusted: false };
    records.set(text, made);
    return made;
  };

  async function judge(check: HealthCheck, object: string): Promise<Checked> {
    const record = recordOf(JSON.stringify(check));
    const request: CheckRequest = { task: "judge", check, object, limits: lua };
    // What was waiting for its turn when its check was banned is not run either.
    const checked = await run(record.trusted ? steady : probation, () => (isBanned(record) ? undefined : request));
    if (checked === undefined) return { outcome: "failed", message: record.banned?.message ?? "it is not run now" };
    const tooFar = checked.outcome === "failed" && checked.tooFar === true;
    record.trusted = !tooFar;
    if (tooFar) record.banned = { until: performance.now() + banMilliseconds, message: checked.message };
    return checked;
  }

  return {
    judge,
    async look(check) {
      const part = check.cel === undefined ? "lua" : "cel";
      try {
        const given = await probation.ask(() => ({ task: "look", check, limits: lua }));
        return given && "problems" in given ? given.problems : [];
      } catch (thrown) {
        return [{ path: [part], message: `can't be read: ${failureOf(thrown).message}` }];
      }
    },
    async close() {
      await Promise.all([steady.close(), probation.close()]);
    },
  };
}

const isBanned = ({ banned }: Conduct): boolean => banned !== undefined && performance.now() < banned.until;

async function run(thread: CheckThread, request: AtItsTurn): Promise<Checked | undefined> {
  try {
    const given = await thread.ask(request);
    return given && "checked" in given ? given.checked : undefined;
  } catch (thrown) {
    return failureOf(thrown);
  }
}

function failureOf(thrown: unknown): Checked & { outcome: "failed" } {
  if (thrown instanceof ThreadEnded) return { outcome: "failed", message: thrown.message, tooFar: true };
  return { outcome: "failed", message: thrown instanceof Error ? thrown.message : "it could not be run" };
}
