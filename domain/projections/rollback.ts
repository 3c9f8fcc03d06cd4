import type { ApplicationEvent } from "../../schemas/events/index.ts";
import type { ApplicationView } from "../../schemas/views.ts";
import { type ActionEvent, isActionEvent } from "../action/record.ts";
import { isPinEvent, type PinEvent } from "../application/pin.ts";
import { isRollbackEvent, type RollbackEvent } from "../rollback/events.ts";

type OfType<Type extends ApplicationEvent["type"]> = Extract<ApplicationEvent, { type: Type }>;

/** Whether an event is about versions or actions, and or pins, and no step of an operation. */
export const isAside = (event: ApplicationEvent): event is RollbackEvent | ActionEvent | PinEvent =>
  isRollbackEvent(event) || isActionEvent(event) || isPinEvent(event);

/** The application after such an event; of actions it shows nothing. */
export function foldAside(
  view: ApplicationView,
  at: string,
  event: RollbackEvent | ActionEvent | PinEvent,
): ApplicationView {
  if (isActionEvent(event)) return view;
  return isPinEvent(event) ? foldPin(view, at, event) : foldRollback(view, at, event);
}

function foldPin(view: ApplicationView, at: string, event: PinEvent): ApplicationView {
  const { pinned: _, ...rest } = view;
  return event.type === "RevisionPinned" ? { ...rest, pinned: { ...event.data.pin, at } } : rest;
}

/** The application after an event about going back to what was deployed before. */
function foldRollback(view: ApplicationView, at: string, event: RollbackEvent): ApplicationView {
  switch (event.type) {
    case "RevisionExcluded":
      return { ...view, excluded: [...(view.excluded ?? []), { ...event.data, at }] };
    case "RevisionReleased": {
      const { excluded = [], ...rest } = view;
      const left = excluded.filter(({ sourceDigest }) => sourceDigest !== event.data.sourceDigest);
      return left.length === 0 ? rest : { ...rest, excluded: left };
    }
    case "RollbackRequested":
      return view;
    case "RevertPushed": {
      const { operation, branch, commit } = event.data;
      return { ...view, revert: { operation, at, branch, commit } };
    }
    case "ObjectsLeft": {
      const { cluster, resources } = event.data;
      const others = (view.left ?? []).filter((each) => each.cluster !== cluster);
      return { ...view, left: [...others, { cluster, resources, at }] };
    }
    case "RevertFailed": {
      const { operation, message } = event.data;
      return { ...view, revert: { operation, at, message } };
    }
  }
}

/**
 * Whether what was deployed now is an earlier version than Git's: rolled back to, or put back while it is deployed by choice. Then
 * the application is not what Git says, and what Git says is not learned from it.
 */
export function isEarlierVersion(
  { sync, deployed, applied }: Pick<ApplicationView, "sync" | "deployed" | "applied">,
  data: Pick<OfType<"SyncSucceeded">["data"], "kind" | "trigger" | "revision" | "sourceDigest">,
): boolean {
  if (sync.sourceDigest === data.sourceDigest) return false;
  // A commit that could not be rendered is known by its revision alone.
  const failed = sync.sourceDigest === undefined && sync.revision !== undefined && sync.revision !== data.revision;
  if (sync.sourceDigest === undefined && !failed) return false;
  const putBack = data.trigger.type === "drift" || data.trigger.type === "breakGlass";
  return data.kind === "rollback" || (putBack && data.sourceDigest === (applied ?? deployed)?.sourceDigest);
}
