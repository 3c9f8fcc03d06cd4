import { createHash, randomBytes } from "node:crypto";
import type { RequestPromotion } from "../../domain/promotion/command.ts";
import { promotionId } from "../../domain/promotion/id.ts";
import { isStepBack, releaseBefore, releaseDue, releaseNamed, stageNamed } from "../../domain/promotion/meant.ts";
import { leaving } from "../../domain/promotion/rollback.ts";
import type { PipelineState, PromotionState } from "../../domain/promotion/state.ts";
import type { PromotionAsked } from "../../schemas/api/promotion-routes.ts";
import type { RenderedDifference } from "../../schemas/difference.ts";
import type { PromotionTriggerType } from "../../schemas/promotion.ts";
import type { ReleaseView } from "../../schemas/promotion-views.ts";
import type { Call } from "./call.ts";
import { checkEmergency, emergencyRecord } from "./emergencies.ts";
import { executeOnPipeline, loadPipeline, type Standing } from "./pipeline-commands.ts";
import type { ApiPorts } from "./ports.ts";
import { aliasOf, releasesOf } from "./releases-named.ts";

interface Place {
  pipeline: string;
  stage: string;
}

/** A person's request for a release in a stage. */
interface Asking extends Place, Pick<Call<"promote">, "actor" | "caller" | "idempotencyKey"> {
  emergency: { gates: string[]; reason: string } | undefined;
  /** What comes, by the pipeline as it stands. Throws where there is nothing. */
  choose(standing: Standing, releases: readonly ReleaseView[]): string;
  type: Exclude<PromotionTriggerType, "automatic">;
  more(standing: Standing, release: string, releases: readonly ReleaseView[]): { hold?: boolean; undoes?: string };
}

/** Asks for a release in a stage. */
export const promote = (
  ports: ApiPorts,
  { params: { pipeline }, body, ...call }: Call<"promote">,
  now: Date,
): Promise<PromotionAsked> =>
  ask(ports, now, {
    ...{ ...call, pipeline, stage: body.stage, emergency: body.emergency, type: "manual" },
    choose: (standing, releases) =>
      meant(standing, { pipeline, stage: body.stage }, { name: body.release, releases }).release,
    more: ({ state }, release, releases) =>
      isStepBack(state.stages[body.stage], release, releases) ? { hold: true } : {},
  });

/** Asks for a release that was verified in the stage before. */
export const rollback = (
  ports: ApiPorts,
  { params: { pipeline, stage }, body, ...call }: Call<"rollbackStage">,
  now: Date,
): Promise<PromotionAsked> =>
  ask(ports, now, {
    ...{ ...call, pipeline, stage, emergency: body.emergency, type: "rollback" },
    choose: ({ spec, state }, releases) =>
      body.release === undefined
        ? releaseBefore({ pipeline, stage, leaving: leaving(state, stage)?.release }, state.stages[stage])
        : releaseNamed(body.release, releases, spec.releaseSource).release,
    more: ({ state }) => {
      const undoes = leaving(state, stage)?.promotion;
      return { hold: body.hold, ...(undoes !== undefined && { undoes }) };
    },
  });

/** What a release would change in a stage. */
export async function preview(
  ports: ApiPorts,
  { params: place, body }: Call<"previewPromotion">,
): Promise<RenderedDifference> {
  const standing = await loadPipeline(ports, place.pipeline);
  stageNamed(standing.spec, place.pipeline, place.stage);
  const releases = await releasesNow(ports, standing.spec.releaseSource);
  const release = meant(standing, place, { name: body.release, releases });
  const { blob } = await ports.previewPromotion({ ...place, spec: standing.spec, release });
  return await ports.blobs.getJson<RenderedDifference>(blob);
}

async function ask(ports: ApiPorts, now: Date, asking: Asking): Promise<PromotionAsked> {
  const { pipeline, stage, actor, emergency } = asking;
  const { spec } = await loadPipeline(ports, pipeline);
  const configured = stageNamed(spec, pipeline, stage);
  if (emergency) checkEmergency(ports, { caller: asking.caller, pipeline, stage: configured, gates: emergency.gates });
  const releases = await releasesNow(ports, spec.releaseSource);
  const cause = requestOf(asking, asking.idempotencyKey);
  const at = now.toISOString();
  let chosen: Pick<PromotionState, "promotion" | "release"> = { promotion: "", release: "" };
  let isHeld = false;
  const { events, sequence } = await executeOnPipeline(ports, { pipeline, actor, at }, (standing) => {
    const before = askedBefore(standing.state, stage, cause);
    if (before) {
      chosen = before;
      return [];
    }
    const release = asking.choose(standing, releases);
    const { incarnation } = standing.state;
    const promotion = promotionId({ pipeline, incarnation, stage, release, cause });
    chosen = { promotion, release };
    isHeld = standing.state.stages[stage]?.held !== undefined;
    const trigger = { type: asking.type, actor, cause };
    const declared = emergency && { emergency: { record: emergencyRecord(cause), ...emergency } };
    const more = asking.more(standing, release, releases);
    return [
      {
        type: "RequestPromotion",
        promotion,
        stage,
        release,
        trigger,
        at,
        ...more,
        ...declared,
      } satisfies RequestPromotion,
    ];
  });
  const record = events.find((event) => event.type === "EmergencyDeclared")?.data.record;
  return {
    ...{ pipeline, stage, promotion: chosen.promotion, release: chosen.release, sequence },
    alias: aliasOf(ports, spec.releaseSource, chosen.release),
    changed: events.length > 0,
    held: events.some(
      ({ type, data }) => type === "StageHeld" || (type === "PromotionRequested" && (data.hold ?? isHeld)),
    ),
    ...(record !== undefined && { record }),
  };
}

/** The id of what somebody asks for: the same idempotency key on the same stage is the same request. */
const requestOf = ({ pipeline, stage }: Place, key: string | undefined): string =>
  key === undefined
    ? `request/${randomBytes(12).toString("hex")}`
    : `request/${createHash("sha256").update(`${pipeline}/${stage}/${key}`).digest("hex").slice(0, 24)}`;

/** The same request again means what it meant the first time, whatever is newest or verified by now. */
const askedBefore = ({ promotions }: PipelineState, stage: string, cause: string): PromotionState | undefined =>
  Object.values(promotions).find((one) => one.stage === stage && one.trigger.cause === cause);

/** All releases of a source, newest first; what was made or verified a moment ago counts. */
async function releasesNow(ports: ApiPorts, source: string): Promise<ReleaseView[]> {
  await ports.projector.reached(await ports.ledger.last());
  return releasesOf(ports, source);
}

const meant = (
  { spec, state: { stages } }: Standing,
  { pipeline, stage }: Place,
  { name, releases }: { name: string | undefined; releases: readonly ReleaseView[] },
): ReleaseView =>
  name === undefined
    ? releaseDue({ pipeline, spec, stages }, stage, releases)
    : releaseNamed(name, releases, spec.releaseSource);
