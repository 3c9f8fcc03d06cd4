import type { Command } from "../../../domain/application/command.ts";
import { applicationDecider } from "../../../domain/application/decider.ts";
import type { ApplicationState } from "../../../domain/application/state.ts";
import type { ApplicationEvent } from "../../../schemas/events/index.ts";
import type { Rollback } from "../../../schemas/kinds/application.ts";
import type { HealthStatus } from "../../../schemas/operation.ts";
import { configuration, end, observation, start, success } from "../application/examples.ts";

const { decide, evolve, initial } = applicationDecider;

/** An application on which commands are played. */
export interface Played {
  run(command: Command): ApplicationEvent[];
  state(): ApplicationState;
  events(): readonly ApplicationEvent[];
  types(): string[];
}

/** The application of the examples, with a rollback policy where one is given. */
export function played(rollback?: Rollback): Played {
  const events: ApplicationEvent[] = [];
  const run = (command: Command): ApplicationEvent[] => {
    const decided = decide(command, events.reduce(evolve, initial));
    events.push(...decided);
    return decided;
  };
  const { spec, ...about } = configuration();
  const syncPolicy = { ...spec.syncPolicy, ...(rollback && { rollback }) };
  run({ type: "CreateApplication", spec: { ...spec, syncPolicy }, ...about });
  return {
    run,
    state: () => events.reduce(evolve, initial),
    events: () => events,
    types: () => events.map(({ type }) => type),
  };
}

/** What a version is made of, by a letter. */
export const version = (letter: string) => ({
  revision: `revision-${letter}`,
  sourceDigest: `source-${letter}`,
  artifact: `artifact-${letter}`,
});

export const begin = (letter: string, more: Parameters<typeof start>[1] = {}): Command =>
  start(`sync-${letter}`, { ...version(letter), ...more });

export const done = (letter: string, more: Parameters<typeof end>[2] = {}): Command =>
  end(`sync-${letter}`, success(`inventory-${letter}`), more);

/** A sync of a version from begin to end. */
export const deploy = (app: Played, letter: string, more: Parameters<typeof start>[1] = {}): ApplicationEvent[] => [
  ...app.run(begin(letter, more)),
  ...app.run(done(letter)),
];

export const fail = (letter: string, code = "HealthDegraded", report: string | undefined = "report"): Command =>
  end(`sync-${letter}`, { result: "Failed", code, message: "no", failures: [], ...(report && { report }) });

/** A rollback to a version, from begin to end. */
export function goBack(app: Played, letter: string, operation = `rollback-${letter}`): ApplicationEvent[] {
  const kind = "rollback" as const;
  const trigger = { type: "manual", actor: { kind: "user", name: "ada" }, cause: "intake/1" } as const;
  return [
    ...app.run(start(operation, { ...version(letter), kind, trigger, named: true })),
    ...app.run(end(operation, success(`inventory-${operation}`), { kind, trigger })),
  ];
}

/** The watch says how the application is, so many seconds after the first of January began. */
export function seeHealth(app: Played, health: HealthStatus, seconds: number, drifted = false): ApplicationEvent[] {
  const { inventory = "", cluster = "" } = app.state();
  const message = observation({
    ...{ health, inventory, cluster },
    drifted: drifted ? [{ object: "/ConfigMap/a/b", uid: "1", change: "deleted", managers: [] }] : [],
    observedAt: new Date(Date.parse("2026-01-01T00:00:00Z") + seconds * 1_000).toISOString(),
  });
  return app.run({ type: "ObserveCluster", message });
}
