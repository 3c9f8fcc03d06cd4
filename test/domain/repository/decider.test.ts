import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { repositoryDecider, type RepositoryCommand } from "../../../domain/repository/decider.ts";
import {
  dispatchOf,
  initialRepository,
  newestRequests,
  operationsOf,
  REMEMBERED_DISPATCHES,
  resolvedKey,
  type RepositoryState,
} from "../../../domain/repository/state.ts";
import { repositoryEvents } from "../../../schemas/events/configuration.ts";

const { decide, evolve } = repositoryDecider;
const REPO = "https://github.com/acme/shop";

const run = (state: RepositoryState, command: RepositoryCommand): RepositoryState =>
  decide(command, state).reduce(evolve, state);

const deliveries = (...sequences: number[]) =>
  sequences.map((intakeSequence) => ({
    delivery: `d${intakeSequence}`,
    intakeSequence,
    ref: "refs/heads/main",
    receivedAt: new Date(intakeSequence * 1_000).toISOString(),
  }));

const base = { repoURL: REPO, ref: "refs/heads/main", source: "webhook" as const, considered: 1 };
const dispatch = (
  sequences: number[],
  operations: { application: string; operation: string; sourceDigest?: string }[] = [],
  more: { resolved?: Record<string, string | null>; revision?: string } = {},
): RepositoryCommand => ({
  type: "RecordDispatch",
  dispatch: { ...base, operations, deliveries: deliveries(...sequences), ...more },
});

describe("a delivery", () => {
  test("is recorded once, also when it comes again among others", () => {
    const once = run(initialRepository, dispatch([1, 2]));
    expect(decide(dispatch([1]), once)).toEqual([]);
    const [event] = decide(dispatch([2, 3]), once);
    expect(event).toMatchObject({ type: "PushDispatched", data: { deliveries: [{ intakeSequence: 3 }] } });
  });

  test("of which two copies came together is in the event once", () => {
    const [event] = decide(dispatch([228, 228, 229]), initialRepository);
    expect(event).toMatchObject({ data: { deliveries: [{ intakeSequence: 228 }, { intakeSequence: 229 }] } });
    const rejection = { ...base, deliveries: deliveries(7, 7), code: "SourceForbidden", message: "no" };
    const [rejected] = decide({ type: "RecordRejection", rejection }, initialRepository);
    expect(rejected).toMatchObject({ data: { deliveries: [{ intakeSequence: 7 }] } });
  });

  test("that was rejected is handled too", () => {
    const rejection = { ...base, deliveries: deliveries(7), code: "SourceForbidden", message: "no" };
    const state = run(initialRepository, { type: "RecordRejection", rejection });
    expect(decide({ type: "RecordRejection", rejection }, state)).toEqual([]);
    expect(decide(dispatch([7]), state)).toEqual([]);
  });

  test("of any order of batches is in exactly one event", () => {
    const batches = fc.array(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 10 }));
    fc.assert(
      fc.property(batches, (all) => {
        let state = initialRepository;
        const recorded: number[] = [];
        for (const batch of all) {
          const events = decide(dispatch(batch), state);
          for (const event of events) {
            expect(repositoryEvents.PushDispatched.safeParse(event.data).success).toBe(true);
            if (event.type === "PushDispatched")
              recorded.push(...event.data.deliveries.map((each) => each.intakeSequence));
          }
          state = events.reduce(evolve, state);
        }
        expect(recorded.toSorted((a, b) => a - b)).toEqual([...new Set(all.flat())].toSorted((a, b) => a - b));
      }),
    );
  });
});

describe("what was asked for", () => {
  const a1 = { application: "a", operation: "op-1", sourceDigest: "x" };
  const a2 = { application: "a", operation: "op-2", sourceDigest: "y" };
  const b1 = { application: "b", operation: "op-3", sourceDigest: "z" };

  test("is known by delivery and by application, the newest of each", () => {
    const state = run(run(initialRepository, dispatch([1], [a1, b1])), dispatch([2], [a2]));
    expect(operationsOf(state, 1)).toEqual([a1, b1]);
    expect(operationsOf(state, 2)).toEqual([a2]);
    expect(operationsOf(state, 3)).toEqual([]);
    expect(newestRequests(state).get("a")).toMatchObject(a2);
    expect(newestRequests(state).get("b")).toMatchObject({ ...b1, receivedAt: "1970-01-01T00:00:01.000Z" });
  });

  test("in parts counts once the last part with the deliveries is there", () => {
    const part: RepositoryCommand = { type: "RecordPart", dispatch: { ...base, operations: [a1], revision: "r" } };
    const half = run(initialRepository, part);
    expect(newestRequests(half).size).toBe(0);
    const whole = run(half, dispatch([1], [b1], { revision: "r" }));
    expect([...newestRequests(whole).keys()].toSorted()).toEqual(["a", "b"]);
    expect(newestRequests(whole).get("a")?.receivedAt).toBe("1970-01-01T00:00:01.000Z");
    expect(operationsOf(whole, 1)).toEqual(expect.arrayContaining([a1, b1]));
    const other = run(half, dispatch([1], [b1], { revision: "another" }));
    expect([...newestRequests(other).keys()]).toEqual(["b"]);
    expect(operationsOf(other, 1)).toEqual([b1]);
  });
});

describe("memory", () => {
  test("keeps a bounded number of dispatches, the newest", () => {
    let state = initialRepository;
    for (let sequence = 1; sequence <= REMEMBERED_DISPATCHES + 50; sequence++) state = run(state, dispatch([sequence]));
    expect(state.handled).toHaveLength(REMEMBERED_DISPATCHES);
    expect(dispatchOf(state, REMEMBERED_DISPATCHES + 50)).toBeDefined();
    expect(dispatchOf(state, 50)).toBeUndefined();
  });

  test("is bounded by operations too, but never empties itself", () => {
    const operations = Array.from({ length: 2_500 }, (_, index) => ({
      application: `a${index}`,
      operation: `o${index}`,
    }));
    let state = initialRepository;
    for (let sequence = 1; sequence <= 40; sequence++) state = run(state, dispatch([sequence], operations));
    expect(state.handled).toHaveLength(16);
    expect(operationsOf(state, 40)).toHaveLength(2_500);
  });

  test("remembers where each targetRevision stood, for all spellings of the address", () => {
    const state = run(initialRepository, dispatch([1], [], { resolved: { main: "abc", gone: null } }));
    expect(state.resolved[resolvedKey("git@github.com:Acme/shop.git", "main")]).toBe("abc");
    expect(state.resolved[resolvedKey(REPO, "gone")]).toBeNull();
    const next = run(state, dispatch([2], [], { resolved: { main: "def" } }));
    expect(next.resolved).toEqual({ [resolvedKey(REPO, "main")]: "def", [resolvedKey(REPO, "gone")]: null });
  });

  test("survives the Repository object being deleted and made again", () => {
    const spec = { url: REPO, match: "exact" as const, pollInterval: "3m" };
    const configure: RepositoryCommand = { type: "Configure", spec, labels: {}, annotations: {} };
    const state = [configure, dispatch([1]), { type: "Remove" } as const, configure].reduce(run, initialRepository);
    expect(state.configuration?.spec).toEqual(spec);
    expect(dispatchOf(state, 1)).toBeDefined();
  });

  test("evolve never changes what it is given", () => {
    const before = run(initialRepository, dispatch([1], [], { resolved: { main: "abc" } }));
    const copy = structuredClone(before);
    run(before, dispatch([2], [], { resolved: { main: "def" } }));
    expect(before).toEqual(copy);
  });
});
