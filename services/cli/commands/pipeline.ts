import { mixedText } from "../../../domain/why/mixed.ts";
import type { Line, PromotionAnswer } from "../../../schemas/api/promotion-routes.ts";
import type { Context } from "../context.ts";
import { type Pipeline, pipelineRows, shortRelease, type StageRow, stageRows } from "../promotion-columns.ts";
import { harmless } from "../table.ts";
import { lineText } from "./line.ts";
import { pipelineName, pipelinePath } from "./promote.ts";

/** The newest promotions, which name the releases that run; an older one is shown by its id. */
const MOST_ASKED = 500;

/** Lists pipelines. */
export async function list(context: Context): Promise<void> {
  await context.show(await context.client.list<Pipeline>("/pipelines"), pipelineRows(Date.now()));
  await noteLine(context);
}

/** Shows the stages of a pipeline: what each runs, what moves, and what holds. */
export async function get(context: Context, name: string): Promise<void> {
  const pipeline = await context.client.get<Pipeline>(pipelinePath(name));
  if (await context.showValue(pipeline)) return;
  const rows = await stagesOf(context, pipeline);
  await context.show(rows, stageRows(context.io, Date.now()));
  await noteLine(context);
  for (const { record, stage } of pipeline.status.emergencies.filter(({ closed }) => !closed)) {
    context.note(`Gates of ${stage} were skipped in an emergency: sluice emergency close ${record} --note "..."`);
  }
  for (const row of rows) for (const text of notWhole(row)) context.note(text);
  const waiting = rows.flatMap(({ promotions, stage }) =>
    promotions.filter(({ promotion, phase }) => promotion === stage.running && phase === "Waiting"),
  );
  for (const { promotion, stage } of waiting) context.note(`What ${stage} waits for: sluice why ${promotion}`);
}

/** What a stage that looks as if it were on one release hides. */
function notWhole({ stage, pipeline, aliases, promotions }: StageRow): string[] {
  const why = `sluice why ${pipeline}/${stage.name}`;
  const mixed = stage.running === undefined ? mixedText(stage, (id) => aliases.get(id) ?? shortRelease(id)) : undefined;
  const brought = promotions.find(({ promotion }) => promotion === stage.current?.promotion);
  const unhealthy = brought?.waves.flatMap((wave) => wave.unhealthy) ?? [];
  return [
    ...(mixed === undefined ? [] : [harmless(`Stage ${stage.name}: ${mixed}. See: ${why}`)]),
    ...(unhealthy.length > 0
      ? [harmless(`Stage ${stage.name}: a wave let pass that ${unhealthy.join(", ")} was not healthy. See: ${why}`)]
      : []),
  ];
}

async function stagesOf({ client }: Context, pipeline: Pipeline): Promise<StageRow[]> {
  const { name } = pipeline.metadata;
  const query = { pipeline: pipelineName(name), limit: MOST_ASKED };
  const { items: promotions } = await client.get<{ items: PromotionAnswer[] }>("/promotions", { query });
  const aliases = new Map(promotions.flatMap(({ release, alias }) => (alias ? [[release, alias]] : [])));
  const views = new Map(pipeline.status.stages.map((stage) => [stage.name, stage]));
  return pipeline.spec.stages.map(({ name: stage }) => ({
    pipeline: name,
    stage: views.get(stage) ?? { name: stage, verified: [], applications: {}, queue: [], excluded: [] },
    aliases,
    promotions,
  }));
}

async function noteLine(context: Context): Promise<void> {
  if (context.output !== "table" && context.output !== "wide") return;
  const text = lineText(await context.client.get<Line>("/line"));
  if (text !== undefined) context.note(`${text[0]?.toUpperCase()}${text.slice(1)}`);
}
