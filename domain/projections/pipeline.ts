import type { RecordedEvent } from "../../schemas/events/index.ts";
import type { PipelineView } from "../../schemas/promotion-views.ts";
import { foldPlain } from "./plain.ts";

/** The pipeline after an event, undefined once it is deleted. */
export function foldPipeline(before: PipelineView | undefined, recorded: RecordedEvent): PipelineView | undefined {
  return foldPlain<PipelineView["spec"], PipelineView>("Pipeline", before, recorded, { stages: [], emergencies: [] });
}
