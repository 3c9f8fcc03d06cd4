import type { PipelineSpec } from "../../schemas/kinds/pipeline.ts";

type Stages = PipelineSpec["stages"];

/** The stages that a stage's releases have to be verified in before: those it names, else the one in front of it. */
const before = (stages: Stages, index: number): readonly string[] =>
  stages[index]?.after ?? (index > 0 ? [stages[index - 1]!.name] : []);

/** Names of the stages that count as production: those that say so, else those that no other stage comes after. */
export function productionStages({ stages }: Pick<PipelineSpec, "stages">): ReadonlySet<string> {
  const said = stages.filter(({ production }) => production).map(({ name }) => name);
  if (said.length > 0) return new Set(said);
  const passed = new Set(stages.flatMap((_, index) => before(stages, index)));
  const last = stages.filter(({ name, production }) => !passed.has(name) && production !== false);
  return new Set(last.map(({ name }) => name));
}
