import type { PipelineEvent } from "../../schemas/events/index.ts";
import type { PipelineState, PromotionState, StageState } from "./state.ts";

/** What an event of one type holds. */
export type DataOf<Type extends PipelineEvent["type"]> = Extract<PipelineEvent, { type: Type }>["data"];

const EMPTY: StageState = { verified: [], applications: {}, queue: [], excluded: [] };

/** A stage as it stands; one of which nothing was heard yet is empty. */
export const stageOf = (state: PipelineState, name: string): StageState =>
  Object.hasOwn(state.stages, name) ? state.stages[name]! : EMPTY;

/** A promotion that is remembered. */
export const promotionOf = (state: PipelineState, id: string): PromotionState | undefined =>
  Object.hasOwn(state.promotions, id) ? state.promotions[id] : undefined;

/** A promotion that has not ended. */
export function livePromotion(state: PipelineState, id: string): PromotionState | undefined {
  const promotion = promotionOf(state, id);
  return promotion && promotion.phase !== "Ended" ? promotion : undefined;
}

/** The state with one stage changed. */
export const withStage = (
  state: PipelineState,
  name: string,
  change: (stage: StageState) => StageState,
): PipelineState => ({ ...state, stages: { ...state.stages, [name]: change(stageOf(state, name)) } });

/** The state with one promotion changed; as it was when the promotion is not remembered. */
export function withPromotion(
  state: PipelineState,
  id: string,
  change: (promotion: PromotionState) => PromotionState,
): PipelineState {
  const promotion = promotionOf(state, id);
  return promotion ? { ...state, promotions: { ...state.promotions, [id]: change(promotion) } } : state;
}

/** The members whose value fits. */
export const keepMembers = <Value>(
  members: Readonly<Record<string, Value>>,
  fits: (value: Value, name: string) => boolean,
): Record<string, Value> => Object.fromEntries(Object.entries(members).filter(([name, value]) => fits(value, name)));

/** Which promotion, where, of what: the beginning of most events. */
export const of = ({ promotion, stage, release }: Pick<PromotionState, "promotion" | "stage" | "release">) => ({
  promotion,
  stage,
  release,
});
