import type { PipelineEvent, RecordedEvent } from "../../schemas/events/index.ts";
import type { DeploymentView, PipelineView, ReleaseView } from "../../schemas/promotion-views.ts";
import { productionStages } from "../dora/production.ts";

/** What folding a deployment reads of the other views, which the ledger has filled before. */
export interface DeploymentReads {
  pipeline: PipelineView | undefined;
  /** The release, and what else its source made since the one that ran before. */
  release(source: string, release: string): ReleaseView | undefined;
}

type Folded = { promotion: string; value: DeploymentView | undefined };
type Requested = Extract<PipelineEvent, { type: "PromotionRequested" }>["data"];

/** The events that a deployment is made of. */
const TYPES = [
  "PromotionRequested",
  "PromotionMoved",
  "PromotionSuperseded",
  "PromotionSucceeded",
  "PromotionFailed",
  "PromotionAborted",
] as const satisfies PipelineEvent["type"][];
type DeploymentEvent = Extract<PipelineEvent, { type: (typeof TYPES)[number] }>;

const isAboutDeployment = (event: PipelineEvent): event is DeploymentEvent =>
  (TYPES as readonly string[]).includes(event.type);

/** What a pipeline's event makes of the deployments to production; nothing where it concerns none. */
export function foldDeployment(
  { aggregate: { name }, event: happened, at, sequence }: RecordedEvent,
  before: (promotion: string) => DeploymentView | undefined,
  reads: DeploymentReads,
): Folded[] {
  const event = happened as PipelineEvent;
  if (!isAboutDeployment(event)) return [];
  const { promotion } = event.data;
  switch (event.type) {
    case "PromotionRequested":
      return [...requested({ pipeline: name, sequence }, event.data, reads), ...undone(event.data, at, before)];
    case "PromotionMoved":
      return changed(before, promotion, { movedAt: event.data.at });
    case "PromotionSuperseded":
      return before(promotion) ? [{ promotion, value: undefined }] : [];
    case "PromotionSucceeded":
      return changed(before, promotion, { result: "Succeeded", endedAt: event.data.at });
    case "PromotionFailed": {
      const failed = failure(before(promotion), event.data.at);
      return changed(before, promotion, { result: "Failed", endedAt: event.data.at, ...failed });
    }
    case "PromotionAborted":
      return changed(before, promotion, { result: "Aborted", endedAt: event.data.at });
  }
}

/** A change that never moved has broken nothing. */
const failure = (deployment: DeploymentView | undefined, failedAt: string): Partial<DeploymentView> =>
  deployment?.movedAt === undefined || deployment.failedAt !== undefined ? {} : { failedAt };

function requested(
  place: Pick<DeploymentView, "pipeline" | "sequence">,
  data: Requested,
  { pipeline, release }: DeploymentReads,
): Folded[] {
  if (!pipeline || !productionStages(pipeline.spec).has(data.stage)) return [];
  const source = pipeline.spec.releaseSource;
  const value: DeploymentView = {
    ...place,
    stage: data.stage,
    promotion: data.promotion,
    release: data.release,
    rollback: data.trigger.type === "rollback",
    commits: (release(source, data.release)?.commits ?? []).map((commit) => commit.at),
    requestedAt: data.requestedAt,
  };
  return [{ promotion: data.promotion, value }];
}

/** A rollback says of what it undoes that it failed, however well it had ended. */
function undone(data: Requested, at: string, before: (promotion: string) => DeploymentView | undefined): Folded[] {
  if (data.trigger.type !== "rollback" || data.undoes === undefined) return [];
  return changed(before, data.undoes, failure(before(data.undoes), at));
}

function changed(
  before: (promotion: string) => DeploymentView | undefined,
  promotion: string,
  change: Partial<DeploymentView>,
): Folded[] {
  const deployment = before(promotion);
  return deployment ? [{ promotion, value: { ...deployment, ...change } }] : [];
}
