import type { PipelineSpec, Stage } from "../../schemas/kinds/pipeline.ts";
import { type GateInput, type Said, say } from "./input.ts";

/** Name of the gate that every stage has: a release comes in verified. */
export const UPSTREAM = "upstream";

const said = say("upstream");

/** Names of the stages that a release has to be verified in before: those of `after`, or else the one before in the list. */
export function stagesBefore(spec: PipelineSpec, stage: Stage): string[] {
  if (stage.after) return stage.after;
  const before = spec.stages[spec.stages.findIndex(({ name }) => name === stage.name) - 1];
  return before ? [before.name] : [];
}

/** Since when the release is verified in each stage before; a stage where it is not has no time. */
export function verifiedBefore(
  { spec, state, promotion }: Pick<GateInput, "spec" | "state" | "promotion">,
  stage: Stage,
): { stage: string; at?: string }[] {
  return stagesBefore(spec, stage).map((name) => {
    const found = state.stages[name]?.verified.find(({ release }) => release === promotion.release);
    return { stage: name, ...(found && { at: found.at }) };
  });
}

/** Whether the release is verified in the stages before: in all of them, or with `afterAny` in one. */
export function judgeUpstream(input: GateInput, stage: Stage): Said {
  if (input.promotion.trigger.type === "rollback") {
    return said("pass", "Rollback", "the release was verified in this stage before");
  }
  const before = verifiedBefore(input, stage);
  if (before.length === 0) return said("pass", "FirstStage", "no stage comes before");
  const missing = before.filter(({ at }) => at === undefined).map(({ stage: name }) => name);
  const evidence = { verified: Object.fromEntries(before.flatMap(({ stage: name, at }) => (at ? [[name, at]] : []))) };
  const enough = stage.afterAny ? missing.length < before.length : missing.length === 0;
  if (enough) return said("pass", "Verified", `verified in ${list(before, missing)}`, { evidence });
  const where = missing.join(stage.afterAny ? " or " : " and ");
  return said("wait", "NotVerified", `the release is not verified in ${where}`, { evidence: { ...evidence, missing } });
}

const list = (before: { stage: string }[], missing: string[]): string =>
  before
    .map(({ stage }) => stage)
    .filter((name) => !missing.includes(name))
    .join(" and ");
