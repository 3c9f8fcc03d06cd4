import type { Command } from "../../../domain/application/command.ts";
import { applicationDecider } from "../../../domain/application/decider.ts";
import type { ApplicationState, Drifted } from "../../../domain/application/state.ts";
import type { ApplicationEvent } from "../../../schemas/events/index.ts";
import { configuration, end, start, success } from "../application/examples.ts";

const { decide, evolve, initial } = applicationDecider;

/** The state after commands, and everything they said. */
export function told(commands: readonly Command[]): { state: ApplicationState; events: ApplicationEvent[] } {
  const events: ApplicationEvent[] = [];
  const state = commands.reduce((before, command) => {
    const decided = decide(command, before);
    events.push(...decided);
    return decided.reduce(evolve, before);
  }, initial);
  return { state, events };
}

/** Created and synced once, with a policy. */
export const synced = (policy: Partial<ReturnType<typeof configuration>["spec"]["syncPolicy"]> = {}): Command[] => {
  const { spec, ...rest } = configuration();
  const syncPolicy = { ...spec.syncPolicy, ...policy };
  return [{ type: "CreateApplication", ...rest, spec: { ...spec, syncPolicy } }, start("op-1"), end("op-1", success())];
};

export const drifted = (name: string, more: Partial<Drifted> = {}): Drifted => ({
  object: `apps/Deployment/shop/${name}`,
  uid: `uid-${name}`,
  change: "modified",
  managers: ["kubectl-edit"],
  ...more,
});

/** RFC 3339 so many seconds after the beginning. */
export const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1) + seconds * 1_000).toISOString();
