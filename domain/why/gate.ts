import type { PromotionWhy } from "../../schemas/api/promotion-routes.ts";
import type { PipelineView, PromotionView } from "../../schemas/promotion-views.ts";
import { stagesBefore } from "../promotion/meant.ts";

/** One thing that holds a promotion or a stage, with what can be done about it. */
export type PromotionCause = PromotionWhy["causes"][number];
/** Who may do what most commands do. */
export const OPERATORS = "whoever may promote";

type Verdict = PromotionView["gates"][number];

/** Gates that don't pass, those first that only a change or a person can open; each with its evidence, who decides, and what to type. */
export function gateCauses(pipeline: PipelineView, promotion: PromotionView): PromotionCause[] {
  return promotion.gates
    .filter(({ state }) => state !== "pass")
    .toSorted((a, b) => rank(a) - rank(b))
    .map((verdict) => gateCause(pipeline, promotion, verdict));
}

/** Blocked, then what waits for people, then what time brings. */
const rank = ({ state, type }: Verdict): number => (state === "block" ? 0 : type === "approval" ? 1 : 2);

function gateCause(pipeline: PipelineView, promotion: PromotionView, verdict: Verdict): PromotionCause {
  const { gate, reason, message, at, until, evidence, deciders = [] } = verdict;
  const way = WAYS[verdict.type](pipeline, promotion, verdict);
  return {
    reason,
    message: `gate ${gate} ${verdict.state === "block" ? "blocks" : "waits"}: ${message}`,
    gate,
    since: at,
    ...(until !== undefined && { until }),
    evidence,
    who: deciders.length > 0 ? deciders.join(", ") : way.who,
    next: way.next,
  };
}

type Way = (pipeline: PipelineView, promotion: PromotionView, verdict: Verdict) => Pick<PromotionCause, "who" | "next">;

/** Time opens it; only an emergency does sooner. */
const time: Way = ({ name, spec }, { stage, release, promotion }, { gate }) => {
  const groups = spec.stages.find((one) => one.name === stage)?.emergencyGroups ?? [];
  const who = `nobody before its time; in an emergency ${groups.length > 0 ? `the groups ${groups.join(", ")}` : "accounts with the role admin"}`;
  const skip = `sluice promote ${name} ${stage} ${release.slice(0, 12)} --emergency ${gate} --reason "..."`;
  return { who, next: groups.length > 0 ? `wait, or in an emergency: ${skip}` : `sluice promotion get ${promotion}` };
};

const WAYS: Record<Verdict["type"], Way> = {
  soak: time,
  window: time,
  approval: (_, { promotion }) => ({ who: "those whom the gate names", next: `sluice approve ${promotion}` }),
  verification: (_, { promotion }, { state, reason }) =>
    state === "block" && reason !== "JudgedFailed"
      ? { who: OPERATORS, next: `sluice promotion judge ${promotion} --verdict again --reason "..."` }
      : { who: "nobody: it is measured", next: `sluice promotion get ${promotion}` },
  expression: ({ name }, { promotion }) => ({
    who: `whoever changes the release, or Pipeline ${name}`,
    next: `sluice promotion diff ${promotion}`,
  }),
  dependency: ({ name, spec }, { stage, promotion }, { gate }) => {
    const own = spec.stages.find((one) => one.name === stage)?.gates.find((one) => one.name === gate)?.dependency;
    const next = own ? `sluice why ${own.pipeline}/${own.stage}` : `sluice promotion get ${promotion}`;
    return {
      who: own ? `whoever promotes in Pipeline ${own.pipeline}` : `whoever promotes what Pipeline ${name} depends on`,
      next,
    };
  },
  upstream: ({ name, spec }, { stage, promotion }) => {
    const [before] = stagesBefore(spec, stage);
    const next = before === undefined ? `sluice promotion get ${promotion}` : `sluice why ${name}/${before}`;
    return { who: "whoever may promote into the stages before", next };
  },
  stopTheLine: () => ({ who: "accounts with the role admin", next: "sluice resume-the-line" }),
};
