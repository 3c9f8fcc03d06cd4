import type { ApplicationEvent } from "../../schemas/events/index.ts";

/** The events about drift and what is done about it, break-glass included. */
export const DRIFT_EVENTS = [
  "DriftDetected",
  "DriftResolved",
  "RemediationRequested",
  "FlappingDetected",
  "BreakGlassStarted",
  "BreakGlassExtended",
  "BreakGlassEnded",
  "BreakGlassResolved",
  "ManualChangeRecorded",
] as const satisfies ApplicationEvent["type"][];

export type DriftEvent = Extract<ApplicationEvent, { type: (typeof DRIFT_EVENTS)[number] }>;

/** Whether an event is one of them. */
export const isDriftEvent = (event: ApplicationEvent): event is DriftEvent =>
  (DRIFT_EVENTS as readonly string[]).includes(event.type);

/** Whether an event is about what is done about drift, and not about drift itself. */
export const isRemedyEvent = (
  event: ApplicationEvent,
): event is Exclude<DriftEvent, { type: "DriftDetected" | "DriftResolved" }> =>
  isDriftEvent(event) && event.type !== "DriftDetected" && event.type !== "DriftResolved";
