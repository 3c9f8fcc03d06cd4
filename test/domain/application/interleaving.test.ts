import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Command, Outcome } from "../../../domain/application/command.ts";
import { applicationDecider } from "../../../domain/application/decider.ts";
import { type ApplicationState, isTerminal, REMEMBERED_OPERATIONS } from "../../../domain/application/state.ts";
import { EVENTS, type ApplicationEvent } from "../../../schemas/events/index.ts";
import { SluiceError } from "../../../schemas/errors.ts";
import { configuration, counts, end, observation, start, success } from "./examples.ts";

const { decide, evolve, initial } = applicationDecider;

const operation = fc.constantFrom("op-1", "op-2", "op-3", "op-4");
const kind = fc.constantFrom("sync", "refresh", "delete");
const health = fc.constantFrom("Healthy", "Degraded", "Progressing");
const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  fc.constantFrom("inventory-1", "inventory-2").map(success),
  fc.constant<Outcome>({ result: "Failed", code: "ApplyFailed", message: "no", failures: [] }),
  operation.map<Outcome>((by) => ({ result: "Superseded", by })),
  fc.constant<Outcome>({ result: "Terminated", by: { kind: "user", name: "ada" }, inventory: "partial" }),
  fc.constant<Outcome>({ result: "TimedOut", limitSeconds: 60, waitingFor: [] }),
  health.map<Outcome>((seen) => ({
    result: "Compared",
    sync: "Synced",
    health: seen,
    counts,
    plan: "p",
    differing: [],
  })),
);
const path = fc.constantFrom("a", "b").map(configuration);
const simple: fc.Arbitrary<Command> = fc.oneof(
  path.map<Command>((configured) => ({ type: "ConfigureApplication", ...configured })),
  path.map<Command>((configured) => ({ type: "CreateApplication", ...configured })),
  path.map<Command>((configured) => ({ type: "UpdateApplication", ...configured })),
  fc.boolean().map<Command>((cascade) => ({ type: "DeleteApplication", cascade })),
  fc.tuple(operation, kind).map<Command>(([id, of]) => start(id, { kind: of })),
  fc.tuple(operation, kind, outcome).map<Command>(([id, of, how]) => end(id, how, { kind: of })),
  fc
    .tuple(health, fc.constantFrom("inventory-1", "inventory-2", "begun-op-1"), fc.boolean())
    .map<Command>(([seen, inventory, drifts]) => ({
      type: "ObserveCluster",
      message: observation({
        health: seen,
        inventory,
        drifted: drifts ? [{ object: "/ConfigMap/a/b", uid: "1", change: "modified", managers: [] }] : [],
      }),
    })),
);
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 9, arbitrary: simple },
  {
    weight: 1,
    arbitrary: fc.array(simple, { maxLength: 3 }).map<Command>((commands) => ({ type: "InOrder", commands })),
  },
);

/** Runs the commands as the ledger would: a refused one changes nothing. */
function play(commands: readonly Command[]): { state: ApplicationState; events: ApplicationEvent[] } {
  const events: ApplicationEvent[] = [];
  let state = initial;
  for (const each of commands) {
    try {
      const decided = decide(each, state);
      events.push(...decided);
      state = decided.reduce(evolve, state);
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
    }
  }
  return { state, events };
}

describe("any interleaving of commands", () => {
  test("gives each started operation exactly one end, once the last has been asked to end", () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        const endings = ["op-1", "op-2", "op-3", "op-4"].map((id) => end(id, success()));
        const { events, state } = play([...commands, ...endings]);
        const ends = events.filter(isTerminal).map(({ data }) => data.operation);
        expect(new Set(ends).size).toBe(ends.length);
        const started = events.flatMap((event) => (event.type === "OperationStarted" ? [event.data.operation] : []));
        expect(new Set(started).size).toBe(started.length);
        for (const id of started) expect(ends).toContain(id);
        expect(state.running).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  test("never has two operations running: between two starts there is an end", () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        let running: string | undefined;
        for (const event of play(commands).events) {
          if (event.type === "OperationStarted") {
            expect(running).toBeUndefined();
            running = event.data.operation;
          } else if (isTerminal(event) && event.data.operation === running) running = undefined;
        }
      }),
      { numRuns: 500 },
    );
  });

  test("says every command only once", () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 30 }), simple, (commands, last) => {
        const { state } = play(commands);
        const decideSafely = (from: ApplicationState): ApplicationEvent[] => {
          try {
            return decide(last, from);
          } catch {
            return [];
          }
        };
        const after = decideSafely(state).reduce(evolve, state);
        expect(decideSafely(after)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test("makes only events of their schema", () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
        for (const { type, data } of play(commands).events) {
          const schema = EVENTS.application[type];
          expect(schema.parse(structuredClone(data))).toEqual(data);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("evolve", () => {
  test("takes events in any order, and changes no state that it was given", () => {
    const frozen = (value: unknown): unknown => {
      if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
      return value;
    };
    fc.assert(
      fc.property(fc.array(command, { maxLength: 30 }), fc.array(fc.nat(), { minLength: 1 }), (commands, places) => {
        const shuffled = play(commands)
          .events.map((event, index) => ({ event, place: places[index % places.length] ?? 0 }))
          .toSorted((a, b) => a.place - b.place);
        let state = initial;
        for (const { event } of shuffled) state = evolve(frozen(state) as ApplicationState, frozen(event) as never);
      }),
      { numRuns: 200 },
    );
  });

  test("ignores an event of a type it does not know", () => {
    const unknown = { type: "SomethingNew", data: {} } as unknown as ApplicationEvent;
    expect(evolve(initial, unknown)).toBe(initial);
  });

  test("remembers a bounded number of ended operations, the newest", () => {
    let state = initial;
    for (let index = 0; index <= REMEMBERED_OPERATIONS; index++) {
      state = decide(end(`op-${index}`, { result: "Superseded", by: "x" }), state).reduce(evolve, state);
    }
    expect(state.ended).toHaveLength(REMEMBERED_OPERATIONS);
    expect(state.ended[0]).toBe("op-1");
    expect(state.ended.at(-1)).toBe(`op-${REMEMBERED_OPERATIONS}`);
  });
});
