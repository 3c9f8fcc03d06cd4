import type { PipelineEvent, RecordedEvent } from "../../schemas/events/index.ts";
import type { EmergencyView, PipelineView, StageView } from "../../schemas/promotion-views.ts";
import { foldPlain } from "./plain.ts";
import { foldStage } from "./stage.ts";

/** Closed emergencies that are shown. */
const CLOSED = 20;

/** The pipeline after an event, undefined once it is deleted. */
export function foldPipeline(before: PipelineView | undefined, recorded: RecordedEvent): PipelineView | undefined {
  const more = { stages: [], emergencies: [] };
  const after = foldPlain<PipelineView["spec"], PipelineView>("Pipeline", before, recorded, more);
  if (!after) return undefined;
  const event = recorded.event as PipelineEvent;
  if (after !== before) return { ...after, stages: inOrder(after) };
  const stages = after.stages.map((stage) => foldStage(stage, event, recorded.at));
  const emergencies = foldEmergencies(after.emergencies, event);
  const changed = emergencies !== after.emergencies || stages.some((stage, index) => stage !== after.stages[index]);
  return changed ? { ...after, stages, emergencies, sequence: recorded.sequence } : after;
}

/** The stages that the configuration has, as they stood; new ones with nothing in them. */
function inOrder({ spec, stages }: PipelineView): StageView[] {
  const known = new Map(stages.map((stage) => [stage.name, stage]));
  return spec.stages.map(
    ({ name }) => known.get(name) ?? { name, verified: [], applications: {}, queue: [], excluded: [] },
  );
}

function foldEmergencies(before: EmergencyView[], event: PipelineEvent): EmergencyView[] {
  if (event.type === "EmergencyDeclared") {
    const { record } = event.data;
    return trimmed([...before.filter((each) => each.record !== record), { ...event.data }]);
  }
  if (event.type !== "EmergencyClosed" || !before.some(({ record }) => record === event.data.record)) return before;
  const { record, ...closed } = event.data;
  return trimmed(before.map((each) => (each.record === record ? { ...each, closed } : each)));
}

/** Open ones, and the newest closed. */
function trimmed(emergencies: EmergencyView[]): EmergencyView[] {
  const forgotten = new Set(emergencies.filter(({ closed }) => closed).slice(0, -CLOSED));
  return emergencies.filter((each) => !forgotten.has(each));
}
