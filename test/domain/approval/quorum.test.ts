import fc from "fast-check";
import { expect, it } from "vitest";
import { ruling, type Said } from "../../../domain/approval/decide.ts";
import { personOf } from "../../../domain/approval/person.ts";
import { pipelineDecider } from "../../../domain/promotion/decider.ts";
import type { PipelineState } from "../../../domain/promotion/state.ts";
import { durationMs } from "../../../schemas/duration.ts";
import { SluiceError } from "../../../schemas/errors.ts";
import { AT, asking, differing, diffOf, GATE, judged, PROMOTION, RELEASE, verdictOf } from "./asking.ts";

/** Who there is: the group of each, and whether the change is his. */
const PEOPLE = {
  ada: { groups: ["sre"], own: false },
  bob: { groups: ["sre", "dev"], own: false },
  cid: { groups: ["dev"], own: false },
  dan: { groups: ["sre"], own: true },
  eve: { groups: [], own: false },
  boss: { groups: [], own: false },
  starter: { groups: ["sre"], own: true },
} as const;
type Name = keyof typeof PEOPLE;
const NAMES = Object.keys(PEOPLE) as Name[];

type Step =
  | { do: "say"; name: Name; verdict: "approve" | "reject"; diff: string; via: "api" | "link" }
  | { do: "difference"; diff: string }
  | { do: "pass"; ms: number }
  | { do: "look" };

const diff = fc.constantFrom("d", "e");
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("say" as const),
      name: fc.constantFrom(...NAMES),
      verdict: fc.oneof(
        { weight: 12, arbitrary: fc.constant("approve" as const) },
        { weight: 1, arbitrary: fc.constant("reject" as const) },
      ),
      diff,
      via: fc.constantFrom("api" as const, "link" as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("difference" as const), diff }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.integer({ min: 0, max: 5_400_000 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("look" as const) }) },
);

/** A yes that was taken, as the test remembers it by itself. */
interface Taken {
  name: Name;
  diff: string;
  until: number;
}

const at = (ms: number): string => new Date(Date.parse(AT) + ms).toISOString();

it("however people speak, only a quorum of different people who are asked, for exactly this, in time, opens a gate", () => {
  let opened = 0;
  let refused = 0;
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3 }),
      fc.constantFrom(undefined, "1h"),
      fc.boolean(),
      fc.array(step, { maxLength: 40 }),
      (required, expiresAfter, allowSelfApproval, steps) => {
        const approval = { required, groups: ["sre"], people: ["boss", "starter"], expiresAfter, allowSelfApproval };
        let state: PipelineState = asking(approval);
        let [now, current, over] = [0, "d", false];
        let taken: Taken[] = [];
        const asks = ({ groups }: { groups: readonly string[] }, name: Name) =>
          groups.includes("sre") || name === "boss" || name === "starter";

        for (const one of steps) {
          if (one.do === "pass") now += one.ms;
          if (one.do === "look") state = judged(state, at(now));
          if (one.do === "difference" && !over) {
            state = differing(state, one.diff, at(now));
            // What was said of another difference is void, also when it becomes what it was.
            if (one.diff !== current) taken = [];
            current = one.diff;
          }
          if (one.do === "say") {
            const { name, verdict } = one;
            const mine = taken.some((each) => each.name === name && each.diff === one.diff && now < each.until);
            const events = speak(state, one, at(now));
            if (events === undefined) refused += 1;
            const may = asks(PEOPLE[name], name) && (verdict === "reject" || allowSelfApproval || !PEOPLE[name].own);
            if ((events ?? []).length > 0) {
              expect({
                may,
                mine: mine && (verdict === "approve" || one.via === "link"),
                over,
                diff: one.diff,
              }).toEqual({
                ...{ may: true, mine: false, over: false },
                diff: current,
              });
              expect(events!.filter(({ type }) => type === "ApprovalGiven")).toHaveLength(
                verdict === "approve" ? 1 : 0,
              );
            }
            state = (events ?? []).reduce(pipelineDecider.evolve, state);
            if ((events ?? []).length === 0) continue;
            if (verdict === "reject") over = true;
            const until = expiresAfter === undefined ? Infinity : now + durationMs(expiresAfter);
            if (verdict === "approve")
              taken = [...taken.filter((each) => each.name !== name), { name, diff: one.diff, until }];
          }
          if (over) {
            expect(state.promotions[PROMOTION]).toMatchObject({ phase: "Ended" });
            continue;
          }
          const counting = taken.filter((each) => each.diff === current && now < each.until);
          const verdict = verdictOf(state, at(now));
          expect(verdict.state).toBe(counting.length >= required ? "pass" : "wait");
          if (verdict.state === "pass") opened += 1;
        }
      },
    ),
    { numRuns: 1_000 },
  );
  // Both were really reached.
  expect(opened).toBeGreaterThan(100);
  expect(refused).toBeGreaterThan(100);
});

/** What a word makes; undefined when it is refused. */
function speak(state: PipelineState, { name, verdict, diff: text, via }: Extract<Step, { do: "say" }>, now: string) {
  const said: Said = {
    ...{ promotion: PROMOTION, gate: GATE, verdict, via, comment: "because" },
    binding: { release: RELEASE, diff: diffOf(text) },
    by: { kind: "user", name },
  };
  const authors = NAMES.filter((each) => PEOPLE[each].own);
  const person = personOf(name, { groups: [...PEOPLE[name].groups], aliases: [] });
  try {
    const ruled = ruling(state, said, { person, policies: new Map(), authors, now });
    return ruled.do === "nothing" ? [] : pipelineDecider.decide(ruled.command, state);
  } catch (error) {
    if (error instanceof SluiceError && error.code !== "Internal") return undefined;
    throw error;
  }
}
