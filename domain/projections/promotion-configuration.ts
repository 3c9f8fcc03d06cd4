import type { RecordedEvent } from "../../schemas/events/index.ts";
import type { AnalysisTemplateView, GatePolicyView } from "../../schemas/promotion-views.ts";
import { foldPlain } from "./plain.ts";

/** The gate policy after an event, undefined once it is deleted. */
export const foldGatePolicy = (before: GatePolicyView | undefined, recorded: RecordedEvent) =>
  foldPlain<GatePolicyView["spec"], GatePolicyView>("GatePolicy", before, recorded, {});

/** The analysis template after an event, undefined once it is deleted. */
export const foldAnalysisTemplate = (before: AnalysisTemplateView | undefined, recorded: RecordedEvent) =>
  foldPlain<AnalysisTemplateView["spec"], AnalysisTemplateView>("AnalysisTemplate", before, recorded, {});
