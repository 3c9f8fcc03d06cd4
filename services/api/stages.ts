import { createHash, randomBytes } from "node:crypto";
import type { PipelineCommand, RequestPromotion } from "../../domain/promotion/command.ts";
import { promotionId } from "../../domain/promotion/id.ts";
import { isStepBack, releaseBefore, releaseDue, releaseNamed, stageNamed } from "../../domain/promotion/meant.ts";
import { mayMakeWay } from "../../domain/promotion/queue.ts";
import type { PipelineState, ReleaseIn } from "../../domain/promotion/state.ts";
import type { PromotionAsked, StageChange } from "../../schemas/api/promotion-routes.ts";
import type { RenderedDifference } from "../../schemas/difference.ts";
import type { PipelineEvent } from "../../schemas/events/index.ts";
import type { Actor } from "../../schemas/operation.ts";
import type { ReleaseView } from "../../schemas/promotion-views.ts";
import type { Call, Handlers } from "./call.ts";
import { checkEmergency, emergencyRecord } from "./emergencies.ts";
import { executeOnPipeline, loadPipeline, type Standing } from "./pipeline-commands.ts";
import type { ApiPorts } from "./ports.ts";
import { aliasOf, findRelease, releasesOf } from "./releases-named.ts";

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

/** The id of what somebody asks for: the same idempotency key on the same stage is the same request. */
const requestOf = ({ pipeline, stage }: Place, key: string | undefined): string =>
  key === undefined
    ? `request/${randomBytes(12).toString("hex")}`
    : `request/${createHash("sha256").update(`${pipeline}/${stage}/${key}`).digest("hex").slice(0, 24)}`;

/** What every request of a person for a release in a stage holds. */
function requested(
  { state }: Standing,
  { pipeline, stage }: Place,
  { release, cause, actor, at }: { release: string; cause: string; actor: Actor; at: string },
): Omit<RequestPromotion, "trigger"> & { trigger: { actor: Actor; cause: string } } {
  const { incarnation } = state;
  const promotion = promotionId({ pipeline, incarnation, stage, release, cause });
  return { type: "RequestPromotion", promotion, stage, release, at, trigger: { actor, cause } };
}

async function promote(
  ports: ApiPorts,
  { params: { pipeline }, body, actor, caller, idempotencyKey }: Call<"promote">,
  now: Date,
): Promise<PromotionAsked> {
  const { spec, state: before } = await loadPipeline(ports, pipeline);
  const place = { pipeline, stage: body.stage };
  const stage = stageNamed(spec, pipeline, body.stage);
  const releases = await releasesNow(ports, spec.releaseSource);
  const { release } = releaseMeant({ place, spec, state: before, releases }, body.release);
  if (body.emergency) checkEmergency(ports, { caller, pipeline, stage, gates: body.emergency.gates });
  const [at, cause] = [now.toISOString(), requestOf(place, idempotencyKey)];
  const emergency = body.emergency && { record: emergencyRecord(cause), ...body.emergency };
  const { events, sequence } = await executeOnPipeline(ports, { pipeline, actor, at }, (standing) => {
    const command = requested(standing, place, { release, cause, actor, at });
    const hold = isStepBack(standing.state.stages[body.stage], release, releases);
    const trigger = { type: "manual", ...command.trigger } as const;
    return [{ ...command, trigger, ...(hold && { hold }), ...(emergency && { emergency }) }];
  });
  return asked(ports, {
    pipeline,
    source: spec.releaseSource,
    events,
    sequence,
    ...(await nowOf(ports, { place, release, cause })),
  });
}

/** All releases of a source, newest first; what was made or verified a moment ago counts. */
async function releasesNow(ports: ApiPorts, source: string): Promise<ReleaseView[]> {
  await ports.projector.reached(await ports.ledger.last());
  return releasesOf(ports, source);
}

const releaseMeant = (
  { place, releases, state, ...of }: Standing & { place: Place; releases: readonly ReleaseView[] },
  name: string | undefined,
): ReleaseView =>
  name === undefined
    ? releaseDue({ pipeline: place.pipeline, spec: of.spec, stages: state.stages }, place.stage, releases)
    : releaseNamed(name, releases, of.spec.releaseSource);

async function preview(
  ports: ApiPorts,
  { params: place, body }: Call<"previewPromotion">,
): Promise<RenderedDifference> {
  const { spec, state } = await loadPipeline(ports, place.pipeline);
  stageNamed(spec, place.pipeline, place.stage);
  const releases = await releasesNow(ports, spec.releaseSource);
  const release = releaseMeant({ place, spec, state, releases }, body.release);
  const { blob } = await ports.previewPromotion({ ...place, spec, release });
  return await ports.blobs.getJson<RenderedDifference>(blob);
}

async function rollback(
  ports: ApiPorts,
  { params: place, body, actor, idempotencyKey }: Call<"rollbackStage">,
  now: Date,
): Promise<PromotionAsked> {
  const { pipeline, stage } = place;
  const { spec, state: before } = await loadPipeline(ports, pipeline);
  stageNamed(spec, pipeline, stage);
  const release =
    body.release === undefined
      ? releaseBefore({ pipeline, stage, leaving: leavingOf(before, stage)?.release }, before.stages[stage])
      : (await findRelease(ports, spec.releaseSource, body.release)).release;
  const [at, cause] = [now.toISOString(), requestOf(place, idempotencyKey)];
  const { events, sequence } = await executeOnPipeline(ports, { pipeline, actor, at }, (standing) => {
    const command = requested(standing, place, { release, cause, actor, at });
    const undoes = leavingOf(standing.state, stage)?.promotion;
    const trigger = { type: "rollback", ...command.trigger } as const;
    return [{ ...command, trigger, hold: body.hold, ...(undoes !== undefined && { undoes }) }];
  });
  return asked(ports, {
    pipeline,
    source: spec.releaseSource,
    events,
    sequence,
    ...(await nowOf(ports, { place, release, cause })),
  });
}

/** What a rollback undoes: what is being brought in where it has begun to move, else what the stage runs. */
function leavingOf(
  { stages, promotions }: PipelineState,
  stage: string,
): Pick<ReleaseIn, "release" | "promotion"> | undefined {
  const own = stages[stage];
  const running = own?.running === undefined ? undefined : promotions[own.running];
  return running === undefined || mayMakeWay(running) ? own?.current : running;
}

/** Names the request that was recorded, now or by the same request before. */
async function nowOf(
  ports: ApiPorts,
  { place, release, cause }: { place: Place; release: string; cause: string },
): Promise<{ stage: string; release: string; promotion: string }> {
  const { state } = await loadPipeline(ports, place.pipeline);
  const { incarnation } = state;
  return { stage: place.stage, release, promotion: promotionId({ ...place, incarnation, release, cause }) };
}

function asked(
  ports: ApiPorts,
  {
    events,
    source,
    ...rest
  }: {
    pipeline: string;
    source: string;
    events: readonly PipelineEvent[];
    sequence: number;
    stage: string;
    release: string;
    promotion: string;
  },
): PromotionAsked {
  const record = events.find((event) => event.type === "EmergencyDeclared")?.data.record;
  return {
    ...rest,
    alias: aliasOf(ports, source, rest.release),
    changed: events.length > 0,
    held: events.some(({ type }) => type === "StageHeld"),
    ...(record !== undefined && { record }),
  };
}
