import type { ActionName } from "../../schemas/action.ts";
import type { ApplicationEvent } from "../../schemas/events/index.ts";
import type { Actor } from "../../schemas/operation.ts";
import type { ApplicationState } from "../application/state.ts";

/** Ids of actions that an application remembers. */
const REMEMBERED = 200;

/** What came of an action. */
export interface RecordAction {
  type: "RecordAction";
  id: string;
  action: ActionName;
  /** `group/Kind/namespace/name` */
  object: string;
  parameters: Record<string, string>;
  by: Actor;
  /** Absent when it was done. */
  failure?: { code: string; message: string };
  /** What it made, for an action that makes an object. */
  created?: string;
}

/** Records an action once, whatever comes of a second try. */
export function recordAction(
  { id, action, object, parameters, by, failure, created }: RecordAction,
  { acted = [], configuration }: ApplicationState,
): ApplicationEvent[] {
  if (!configuration || acted.includes(id)) return [];
  const data = { request: id, action, object, parameters, by };
  if (failure) return [{ type: "ActionFailed", data: { ...data, ...failure } }];
  return [{ type: "ActionSucceeded", data: { ...data, ...(created !== undefined && { created }) } }];
}

export type ActionEvent = Extract<ApplicationEvent, { type: "ActionSucceeded" | "ActionFailed" }>;

export const isActionEvent = (event: ApplicationEvent): event is ActionEvent =>
  event.type === "ActionSucceeded" || event.type === "ActionFailed";

/** The state after an action was recorded. */
export const evolveAction = (state: ApplicationState, { data: { request } }: ActionEvent): ApplicationState => ({
  ...state,
  acted: [...(state.acted ?? []), request].slice(-REMEMBERED),
});
