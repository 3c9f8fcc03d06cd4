import type { AnalysisTemplateEvent, GatePolicyEvent } from "../../schemas/events/index.ts";
import type { AnalysisTemplateSpec } from "../../schemas/kinds/analysis-template.ts";
import type { GatePolicySpec } from "../../schemas/kinds/gate-policy.ts";
import { plainDecider } from "./plain.ts";

/** The aggregate `gatepolicy`: configuration only. */
export const gatePolicyDecider = plainDecider<GatePolicySpec, GatePolicyEvent>("gatepolicy", "GatePolicy");

/** The aggregate `analysistemplate`: configuration only. */
export const analysisTemplateDecider = plainDecider<AnalysisTemplateSpec, AnalysisTemplateEvent>(
  "analysistemplate",
  "AnalysisTemplate",
);
