import { SluiceError } from "../../schemas/errors.ts";
import { isOpenToJudgement } from "../../domain/promotion/verification.ts";
import { gatesNow } from "../../domain/why/gates-now.ts";
import { isOver, whyPromotion } from "../../domain/why/promotion.ts";
import { whyStage } from "../../domain/why/stage.ts";
import { stageNamed } from "../../domain/promotion/meant.ts";
import type { PipelineCommand } from "../../domain/promotion/command.ts";
import type { Line, PromotionAnswer, PromotionChange } from "../../schemas/api/promotion-routes.ts";
import type { RenderedDifference } from "../../schemas/difference.ts";
import type { Actor } from "../../schemas/operation.ts";
import type { PipelineView, PromotionView } from "../../schemas/promotion-views.ts";
import { eventView } from "./answers.ts";
import type { Handlers } from "./call.ts";
import { lineOf } from "./line.ts";
import { page } from "./page.ts";
import { executeOnPipeline } from "./pipeline-commands.ts";
import type { ApiPorts } from "./ports.ts";
import { aliasOf } from "./releases-named.ts";
import { notFound } from "./remove.ts";

type PromotionRoutes =
  | "listPromotions"
  | "getPromotion"
  | "getPromotionDifference"
  | "abortPromotion"
  | "pausePromotion"
  | "resumePromotion"
  | "judgePromotion"
  | "whyPromotion"
  | "whyStage"
  | "listPipelineEvents";

/** Routes that look at promotions, and steer one that is under way. */
export function promotionHandlers(ports: ApiPorts, now: () => Date): Required<Pick<Handlers, PromotionRoutes>> {
  const { views } = ports;
  const existing = (name: string): Promise<PipelineView> => existingPipeline(ports, name);
  const named = (params: { pipeline: string; promotion: string }) => promotionNamed(ports, params);
  const answer = (view: PromotionView, line: Line): PromotionAnswer => ({
    ...view,
    gates: gatesNow(view, { line, now: now().toISOString() }),
    alias: aliasOf(ports, views.get("pipelines", view.pipeline)?.spec.releaseSource, view.release),
  });

  /** A command on one promotion; what it is refused with is the aggregate's to say. */
  const steer = async (
    params: { pipeline: string; promotion: string },
    actor: Actor,
    commandFor: (promotion: PromotionView) => PipelineCommand,
  ): Promise<PromotionChange> => {
    const found = await named(params);
    const { pipeline, promotion, stage, release } = found;
    const at = now().toISOString();
    const recorded = await executeOnPipeline(ports, { pipeline, actor, at }, () => [commandFor(found)]);
    return { pipeline, stage, promotion, release, changed: recorded.events.length > 0, sequence: recorded.sequence };
  };

  return {
    listPromotions: async ({ query }) => {
      const { pipeline, stage, phase, id = "" } = query;
      if (pipeline !== undefined) await existing(pipeline);
      const pipelines = id === "" ? [] : views.list("pipelines").map(({ key }) => key);
      const prefixes = pipeline === undefined ? pipelines.map((name) => `${name}/${id}`) : [`${pipeline}/${id}`];
      const rows = (prefixes.length === 0 && id === "" ? [""] : prefixes)
        .flatMap((prefix) => views.list("promotions", { prefix }))
        .filter(({ value }) => stage === undefined || value.stage === stage)
        .filter(({ value }) => phase === undefined || (phase === "Open" ? !isOver(value) : value.phase === phase))
        .toSorted((a, b) => b.value.firstSequence - a.value.firstSequence);
      const line = await lineOf(ports);
      return page(rows, query, { key: ({ key }) => key, item: ({ value }) => answer(value, line) });
    },
    getPromotion: async ({ params }) => answer(await named(params), await lineOf(ports)),
    getPromotionDifference: async ({ params }) => {
      const { difference, promotion, pipeline, phase } = await named(params);
      if (difference) return await ports.blobs.getJson<RenderedDifference>(difference.blob);
      const message = `The difference of promotion ${promotion} is not rendered ${phase === "Ended" ? "and won't be" : "yet"}`;
      throw new SluiceError("NotFound", message, {
        next:
          phase === "Queued"
            ? `It waits for its turn: sluice why ${promotion}`
            : `See: sluice why ${promotion} -o yaml (Pipeline ${pipeline})`,
      });
    },
    abortPromotion: async ({ params, body: { reason }, actor }) =>
      await steer(params, actor, ({ promotion }) => ({
        ...{ type: "AbortPromotion", promotion, by: actor, at: now().toISOString() },
        ...(reason !== undefined && { reason }),
      })),
    pausePromotion: async ({ params, body: { reason }, actor }) =>
      await steer(params, actor, ({ promotion }) => ({
        ...{ type: "PausePromotion", promotion, by: actor, at: now().toISOString() },
        ...(reason !== undefined && { reason }),
      })),
    resumePromotion: async ({ params, actor }) =>
      await steer(params, actor, ({ promotion }) => ({
        type: "ResumePromotion",
        promotion,
        by: actor,
        at: now().toISOString(),
      })),
    judgePromotion: async ({ params, body, actor }) =>
      await steer(params, actor, (view) => {
        const { verdict, reason } = body;
        return {
          type: "JudgeVerification",
          promotion: view.promotion,
          run: runMeant(view, body.run),
          verdict,
          by: actor,
          reason,
        };
      }),
    whyPromotion: async ({ params }) => {
      const promotion = await named(params);
      return whyPromotion(await whyInput(ports, await existing(promotion.pipeline), promotion.stage, now()), promotion);
    },
    whyStage: async ({ params: { pipeline, stage } }) => {
      const view = await existing(pipeline);
      stageNamed(view.spec, pipeline, stage);
      return whyStage(await whyInput(ports, view, stage, now()));
    },
    listPipelineEvents: async ({ params: { pipeline }, query }) => {
      await existing(pipeline);
      const rows = [];
      for await (const event of ports.ledger.read({ type: "pipeline", name: pipeline })) rows.push(eventView(event));
      return page(rows, query, { key: (row) => `${row.sequence}/${row.index}`, item: (row) => row });
    },
  };
}

/** The pipeline as it is known, also when it was applied a moment ago. Throws NotFound. */
export async function existingPipeline(
  { views, projector, ledger }: Pick<ApiPorts, "views" | "projector" | "ledger">,
  name: string,
): Promise<PipelineView> {
  const known = views.get("pipelines", name);
  if (known) return known;
  await projector.reached(await ledger.last());
  const view = views.get("pipelines", name);
  if (!view) throw notFound("Pipeline", name);
  return view;
}

/** The promotion whose id is this, or begins so. Throws NotFound, or InvalidInput where several do. */
export async function promotionNamed(
  ports: Pick<ApiPorts, "views" | "projector" | "ledger">,
  { pipeline, promotion }: { pipeline: string; promotion: string },
): Promise<PromotionView> {
  const look = () => ports.views.get("promotions", `${pipeline}/${promotion}`);
  const exact = look();
  if (exact) return exact;
  await existingPipeline(ports, pipeline);
  await ports.projector.reached(await ports.ledger.last());
  const [only, ...others] = [look() ?? ports.views.list("promotions", { prefix: `${pipeline}/${promotion}` })].flatMap(
    (found) => (Array.isArray(found) ? found.map(({ value }) => value) : [found]),
  );
  const next = `List them with: sluice promotion list ${pipeline}`;
  if (!only) throw new SluiceError("NotFound", `Pipeline ${pipeline} has no promotion ${promotion}`, { next });
  if (others.length === 0) return only;
  const some = [only, ...others].slice(0, 5).map((one) => one.promotion);
  throw new SluiceError("InvalidInput", `${promotion} is the beginning of several promotions: ${some.join(", ")}`, {
    next,
  });
}

/** The verification a judgement is about: the one named, or the only one that a person may judge. */
function runMeant(view: PromotionView, run: string | undefined): string {
  const { promotion, verifications } = view;
  if (run !== undefined) return run;
  const open = verifications.filter((each) => isOpenToJudgement(view, each));
  const [only, other] = open;
  if (only && !other) return only.run;
  if (!only) {
    throw new SluiceError("Conflict", `No verification of promotion ${promotion} waits for a person`, {
      next: `See what it waits for with: sluice why ${promotion}`,
    });
  }
  throw new SluiceError(
    "InvalidInput",
    `Several verifications of promotion ${promotion} wait: ${open.map((one) => one.run).join(", ")}`,
    {
      next: "Say which with --run.",
    },
  );
}

async function whyInput(ports: ApiPorts, pipeline: PipelineView, stage: string, now: Date) {
  const { name } = pipeline;
  const own = pipeline.stages.find((one) => one.name === stage);
  const ids = [
    ...pipeline.stages.map(({ running }) => running),
    ...[...(own?.queue ?? []), own?.last?.promotion, own?.current?.promotion],
  ];
  const promotions = [...new Set(ids)].flatMap((id) => ports.views.get("promotions", `${name}/${id ?? ""}`) ?? []);
  return {
    pipeline,
    stage,
    promotions,
    line: await lineOf(ports),
    now: now.toISOString(),
    aliasOf: (release: string) => aliasOf(ports, pipeline.spec.releaseSource, release),
    // What the workflow says is more than is needed: without an answer there is still the ledger's.
    progress: await ports.stageProgress(name, stage).catch(() => undefined),
    releases: ports.views.get("releaseSources", pipeline.spec.releaseSource)?.releases ?? 0,
  };
}
