import type { GateVerdict } from "../../schemas/promotion.ts";
import { verificationRunId } from "./id.ts";
import { isExcludedBefore, obstacle } from "./obstacle.ts";
import type { VerificationRun } from "./state.ts";
import { lookOf, type Next, type Taken, untilFirst } from "./step.ts";

/** Until every gate has passed: what it changes, what gates say of it, and the verifications that gates ask for. */
export function waiting(taken: Taken): Next {
  const { promotion, state, configured, now } = taken;
  const { promotion: id } = promotion;
  if (promotion.paused) return { do: "wait", why: `${promotion.paused.by.name} paused the promotion`, promotion: id };
  const withdrawn = notWanted(taken);
  if (withdrawn) return withdrawn;
  if (!lookOf(taken, "render")) return { do: "render", promotion: id };
  const looked = lookOf(taken, "evaluate");
  if (!looked || measuredSince(taken)) return { do: "evaluate", promotion: id };
  const gates = gatesOf(taken).map(({ name }) => name);
  const why = obstacle(state, promotion, gates);
  if (why === undefined) {
    const { mode } = configured.promotion;
    return { do: "beginMove", promotion: id, command: { type: "BeginMove", promotion: id, mode, gates, at: now } };
  }
  const verdicts = Object.values(promotion.verdicts).filter(({ state: said }) => said === "wait");
  const again = [looked.again, ...verdicts.map(({ until }) => until)];
  return verification(taken) ?? { do: "wait", why, promotion: id, ...untilFirst(...again.map(later(now))) };
}

const gatesOf = ({ gates, configured }: Taken) => gates ?? configured.gates;

/** What the policy brought and a stage before has excluded since would wait for ever, and nobody has to be asked for it. */
function notWanted({ state, promotion, configured, now }: Taken): Next | undefined {
  const { promotion: id, release, trigger, skipped } = promotion;
  if (trigger.type !== "automatic" || skipped || !state.configuration) return undefined;
  const { spec } = state.configuration;
  if (!isExcludedBefore(state, { spec, stage: configured }, release)) return undefined;
  const by = { kind: "system", name: "sluice" } as const;
  const reason = "the release is excluded in a stage before";
  return { do: "abort", promotion: id, command: { type: "AbortPromotion", promotion: id, by, reason, at: now } };
}

/** Whether a gate's verification came to its end after the gates were looked at. */
function measuredSince({ looked = [], promotion }: Taken): boolean {
  const own = looked.filter((look) => look.promotion === promotion.promotion);
  const since = own.slice(own.findLastIndex((look) => look.do === "evaluate"));
  const runs = new Set(since.flatMap(({ run }) => run ?? []));
  return promotion.verifications.some(({ run, phase }) => runs.has(run) && phase !== "Running");
}

/** A gate that says it is to be looked at again in the past would have it looked at for ever. */
const later =
  (now: string) =>
  (until: string | undefined): string | undefined =>
    until !== undefined && Date.parse(until) > Date.parse(now) ? until : undefined;

/** The next step of the gates' verifications: they begin when only people are still asked, so that what they find is not old by then. */
function verification(taken: Taken): Next | undefined {
  const { promotion, now } = taken;
  const { promotion: id } = promotion;
  const measured = gatesOf(taken).filter((gate) => gate.verification !== undefined);
  const waits: Next[] = [];
  for (const { name: gate } of measured) {
    const verdict = promotion.verdicts[gate];
    const runs = promotion.verifications.filter((each) => each.gate === gate);
    const run = runs.at(-1);
    const begins = !run || run.judged?.verdict === "Again";
    if (begins && verdict?.state === "wait" && onlyPeopleAsked(Object.values(promotion.verdicts))) {
      const command = {
        type: "StartVerification",
        promotion: id,
        run: verificationRunId(id, gate, runs.length + 1),
        gate,
        at: now,
      } as const;
      return { do: "startVerification", promotion: id, command };
    }
    const step = run && measuring(taken, run);
    if (step?.do === "measure") return step;
    if (step) waits.push(step);
  }
  return firstWait(taken, waits);
}

/** Whether nothing else than approvals and verifications holds the promotion. */
const onlyPeopleAsked = (verdicts: readonly GateVerdict[]): boolean =>
  verdicts.every(({ type, state }) => state === "pass" || type === "approval" || type === "verification");

function firstWait({ promotion, now }: Taken, waits: readonly Next[]): Next | undefined {
  const all = waits.flatMap((step) => (step.do === "wait" ? [step] : []));
  if (all.length === 0) return undefined;
  const gates = Object.values(promotion.verdicts).map(({ until }) => later(now)(until));
  const why = all.map((step) => step.why).join("; ");
  return { do: "wait", why, promotion: promotion.promotion, ...untilFirst(...all.map(({ until }) => until), ...gates) };
}

/** Measures a run that goes on, once each time the stage is woken; undefined for one that is over. */
export function measuring(taken: Taken, { run, phase }: VerificationRun): Next | undefined {
  const { promotion: id } = taken.promotion;
  if (phase !== "Running") return undefined;
  const look = lookOf(taken, "measure", run);
  // What was to be taken again by now is due, whether or not the timer has rung.
  const isDue = look?.again !== undefined && Date.parse(look.again) <= Date.parse(taken.now);
  if (!look || isDue) return { do: "measure", promotion: id, run };
  return { do: "wait", why: `verification ${run} runs`, promotion: id, ...untilFirst(look.again ?? soon(taken.now)) };
}

/** A measurement that names no time for the next one is looked at again after this. */
const MEASURE_AGAIN_MS = 10_000;
const soon = (now: string): string => new Date(Date.parse(now) + MEASURE_AGAIN_MS).toISOString();
