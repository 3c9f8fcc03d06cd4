import type { ObjectKey } from "./ids.ts";
import type { Actor } from "./operation.ts";

/** Every action on an object, by the name that Argo CD has for it. Types only, so that workflows may import them. */
export const ACTION_NAMES = [
  "restart",
  "pause",
  "resume",
  "scale",
  "create-job",
  "suspend",
  "terminate",
  "promote",
  "promote-full",
  "abort",
  "retry",
] as const;
export type ActionName = (typeof ACTION_NAMES)[number];

/** A request for one action on one object. */
export interface ActionRequest {
  /** Known by it: asked for twice, it is carried out once. */
  id: string;
  action: ActionName;
  object: ObjectKey;
  parameters: Record<string, string>;
  actor: Actor;
  /** RFC 3339, when it was asked for. */
  requestedAt: string;
}
