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

interface Asked {
  required: number;
  expiresAfter: string | undefined;
  allowSelfApproval: boolean;
}

/** A promotion, and what the test itself remembers of it. */
class Play {
  state: PipelineState;
  now = 0;
  current = "d";
  over = false;
  taken: Taken[] = [];
  refused = 0;
  private readonly asked: Asked;

  constructor(asked: Asked) {
    this.asked = asked;
    this.state = asking({ ...asked, groups: ["sre"], people: ["boss", "starter"] });
  }

  do(step: Step): void {
    if (step.do === "pass") this.now += step.ms;
    else if (step.do === "look") this.state = judged(this.state, at(this.now));
    else if (step.do === "say") this.say(step);
    else if (!this.over) this.change(step.diff);
  }

  /** What was said of another difference is void, also when it becomes what it was. */
  private change(text: string): void {
    this.state = differing(this.state, text, at(this.now));
    if (text !== this.current) this.taken = [];
    this.current = text;
  }

  private say(step: Extract<Step, { do: "say" }>): void {
    const { name, verdict, via } = step;
    const events = speak(this.state, step, at(this.now));
    if (events === undefined) this.refused += 1;
    if (!events || events.length === 0) return;
    const before = this.counting(step.diff).some((each) => each.name === name);
    const again = before && (verdict === "approve" || via === "link");
    expect({ may: this.may(name, verdict), again, over: this.over, diff: step.diff }).toEqual({
      ...{ may: true, again: false, over: false },
      diff: this.current,
    });
    expect(events.filter(({ type }) => type === "ApprovalGiven")).toHaveLength(verdict === "approve" ? 1 : 0);
    this.state = events.reduce(pipelineDecider.evolve, this.state);
    if (verdict === "reject") this.over = true;
    else this.remember(name, step.diff);
  }

  private may(name: Name, verdict: "approve" | "reject"): boolean {
    const { groups, own } = PEOPLE[name];
    const asked = groups.some((group) => group === "sre") || name === "boss" || name === "starter";
    return asked && (verdict === "reject" || this.asked.allowSelfApproval || !own);
  }

  private remember(name: Name, text: string): void {
    const { expiresAfter } = this.asked;
    const until = expiresAfter === undefined ? Infinity : this.now + durationMs(expiresAfter);
    this.taken = [...this.taken.filter((each) => each.name !== name), { name, diff: text, until }];
  }

  private counting(text: string): Taken[] {
    return this.taken.filter((each) => each.diff === text && this.now < each.until);
  }

  /** Whether the gate is open is what the test itself counts. */
  check(): boolean {
    if (this.over) {
      expect(this.state.promotions[PROMOTION]).toMatchObject({ phase: "Ended" });
      return false;
    }
    const open = this.counting(this.current).length >= this.asked.required;
    expect(verdictOf(this.state, at(this.now)).state).toBe(open ? "pass" : "wait");
    return open;
  }
}

it("however people speak, only a quorum of different people who are asked, for exactly this, in time, opens a gate", () => {
  let opened = 0;
  let refused = 0;
  const asked = fc.record({
    required: fc.integer({ min: 1, max: 3 }),
    expiresAfter: fc.constantFrom(undefined, "1h"),
    allowSelfApproval: fc.boolean(),
  });
  const play = fc.property(asked, fc.array(step, { maxLength: 40 }), (gate, steps) => {
    const run = new Play(gate);
    for (const one of steps) {
      run.do(one);
      if (run.check()) opened += 1;
    }
    refused += run.refused;
  });
  fc.assert(play, { numRuns: 1_000 });
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
