import type { PipelineCommand } from "../../domain/promotion/command.ts";
import type { PipelineState, PromotionState } from "../../domain/promotion/state.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { PipelineEvent } from "../../schemas/events/index.ts";
import { promotionMessageId } from "../../schemas/ids.ts";
import type { PipelineSpec, Stage } from "../../schemas/kinds/pipeline.ts";
import type { Actor } from "../../schemas/operation.ts";
import type { ReleaseView } from "../../schemas/promotion-views.ts";
import type { RecordMeta } from "../applications.ts";
import type { PromotionKey } from "./steps.ts";

/** The aggregates of pipelines, as the ledger has them; never from a read model. */
export interface Pipelines {
  load(name: string): Promise<PipelineState>;
  /** Loads, decides, appends; returns what was appended. */
  execute(name: string, command: PipelineCommand, meta: RecordMeta): Promise<PipelineEvent[]>;
}

/** What every step records with. */
export interface RecordDeps {
  pipelines: Pipelines;
  /** RFC 3339. */
  now(): string;
  /** A value that no other call has. */
  unique(): string;
  /** Told of what was appended. */
  recorded(events: readonly PipelineEvent[], state: PipelineState): void;
}

const SLUICE: Actor = { kind: "system", name: "sluice" };

/** Records what a step came to; whether it was news. Said twice it is said once: the aggregate decides by what stands in it. */
export async function record(deps: RecordDeps, pipeline: string, command: PipelineCommand): Promise<boolean> {
  const subject = "promotion" in command ? command.promotion : pipeline;
  const events = await deps.pipelines.execute(pipeline, command, {
    at: deps.now(),
    actor: SLUICE,
    cause: `promotion/${subject}`,
    // A retry of the very append is known by its id; a step that runs again is known by what stands in the aggregate.
    messageId: promotionMessageId(subject, command.type, deps.unique()),
  });
  if (events.length > 0) deps.recorded(events, await deps.pipelines.load(pipeline));
  return events.length > 0;
}

/** A promotion with its stage, as the ledger has them. */
export interface Promoting {
  state: PipelineState;
  spec: PipelineSpec;
  stage: Stage;
  promotion: PromotionState;
}

/** Undefined when it is over, or its pipeline or stage is gone: a step that comes too late has nothing to do. */
export async function promoting(pipelines: Pick<Pipelines, "load">, key: PromotionKey): Promise<Promoting | undefined> {
  const state = await pipelines.load(key.pipeline);
  const promotion = state.promotions[key.promotion];
  const spec = state.configuration?.spec;
  const stage = spec?.stages.find(({ name }) => name === key.stage);
  if (!spec || !stage || !promotion || promotion.phase === "Ended") return undefined;
  return { state, spec, stage, promotion };
}

/** Finds a release with its content. */
export type FindRelease = (source: string, release: string) => Promise<ReleaseView | undefined>;

/** The release of a promotion. Throws NotFound. */
export async function releaseOf(
  find: FindRelease,
  { spec, promotion }: Pick<Promoting, "spec" | "promotion">,
): Promise<ReleaseView> {
  const release = await find(spec.releaseSource, promotion.release);
  if (release) return release;
  throw new SluiceError("NotFound", `ReleaseSource ${spec.releaseSource} has no release ${promotion.release}`, {
    next: `list them with: sluice release list ${spec.releaseSource}`,
  });
}
