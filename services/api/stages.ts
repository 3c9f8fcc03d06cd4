import type { PipelineCommand } from "../../domain/promotion/command.ts";
import { stageNamed } from "../../domain/promotion/meant.ts";
import type { StageChange } from "../../schemas/api/promotion-routes.ts";
import type { Actor } from "../../schemas/operation.ts";
import type { Handlers } from "./call.ts";
import { executeOnPipeline, loadPipeline, type Standing } from "./pipeline-commands.ts";
import type { ApiPorts } from "./ports.ts";
import { preview, promote, rollback } from "./promotion-requests.ts";
import { findRelease } from "./releases-named.ts";

type StageRoutes =
  | "promote"
  | "previewPromotion"
  | "rollbackStage"
  | "holdStage"
  | "releaseStage"
  | "pauseStage"
  | "resumeStage"
  | "excludeRelease"
  | "readmitRelease"
  | "pausePipeline"
  | "resumePipeline";

interface Place {
  pipeline: string;
  stage: string;
}

/** Routes that bring a release into a stage, and that say what may come there. */
export function stageHandlers(ports: ApiPorts, now: () => Date): Required<Pick<Handlers, StageRoutes>> {
  const change = async (
    pipeline: string,
    actor: Actor,
    commandsFor: (standing: Standing, at: string) => PipelineCommand[],
  ): Promise<StageChange> => {
    const at = now().toISOString();
    const { events, sequence } = await executeOnPipeline(ports, { pipeline, actor, at }, (standing) =>
      commandsFor(standing, at),
    );
    const stages = [...new Set(events.flatMap(({ data }) => ("stage" in data ? [data.stage] : [])))];
    return { pipeline, stages, changed: events.length > 0, sequence };
  };
  const steer = async (
    { pipeline, stage }: Place,
    actor: Actor,
    commandFor: (at: string) => PipelineCommand,
  ): Promise<StageChange> =>
    await change(pipeline, actor, ({ spec }, at) => {
      stageNamed(spec, pipeline, stage);
      return [commandFor(at)];
    });
  const release = async ({ pipeline }: Place, name: string): Promise<string> => {
    const { spec } = await loadPipeline(ports, pipeline);
    return (await findRelease(ports, spec.releaseSource, name)).release;
  };

  return {
    promote: (call) => promote(ports, call, now()),
    previewPromotion: (call) => preview(ports, call),
    rollbackStage: (call) => rollback(ports, call, now()),
    holdStage: ({ params, body: { reason }, actor }) =>
      steer(params, actor, () => ({
        ...{ type: "HoldStage", stage: params.stage, by: actor },
        ...(reason !== undefined && { reason }),
      })),
    releaseStage: ({ params, actor }) =>
      steer(params, actor, () => ({ type: "ReleaseStage", stage: params.stage, by: actor })),
    pauseStage: ({ params, body: { reason }, actor }) =>
      steer(params, actor, () => ({ type: "PauseStage", stage: params.stage, by: actor, reason })),
    resumeStage: ({ params, actor }) =>
      steer(params, actor, () => ({ type: "ResumeStage", stage: params.stage, by: actor })),
    excludeRelease: async ({ params, body, actor }) => {
      const meant = await release(params, body.release);
      return await steer(params, actor, (at) => ({
        type: "ExcludeRelease",
        stage: params.stage,
        release: meant,
        by: actor,
        at,
      }));
    },
    readmitRelease: async ({ params, body, actor }) => {
      const meant = await release(params, body.release);
      return await steer(params, actor, () => ({
        type: "ReadmitRelease",
        stage: params.stage,
        release: meant,
        by: actor,
      }));
    },
    pausePipeline: ({ params: { pipeline }, body: { reason }, actor }) =>
      change(pipeline, actor, ({ spec, state }) =>
        spec.stages
          .filter(({ name }) => !state.stages[name]?.paused)
          .map(({ name }) => ({ type: "PauseStage", stage: name, by: actor, reason })),
      ),
    resumePipeline: ({ params: { pipeline }, actor }) =>
      change(pipeline, actor, ({ spec, state }) =>
        spec.stages
          .filter(({ name }) => state.stages[name]?.paused)
          .map(({ name }) => ({ type: "ResumeStage", stage: name, by: actor })),
      ),
  };
}
