import type { ApplicationEvent } from "../../schemas/events/index.ts";

const TYPES = [
  "RevisionExcluded",
  "RevisionReleased",
  "RollbackRequested",
  "RevertPushed",
  "RevertFailed",
  "ObjectsLeft",
] as const;

/** An event about going back to what was deployed before. */
export type RollbackEvent = Extract<ApplicationEvent, { type: (typeof TYPES)[number] }>;

export const isRollbackEvent = (event: ApplicationEvent): event is RollbackEvent =>
  (TYPES as readonly string[]).includes(event.type);
