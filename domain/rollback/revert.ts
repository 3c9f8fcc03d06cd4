import type { ApplicationEvent } from "../../schemas/events/index.ts";
import type { ApplicationState } from "../application/state.ts";

type DataOf<Type extends ApplicationEvent["type"]> = Extract<ApplicationEvent, { type: Type }>["data"];

/** What came of the commit that was to bring a rollback into Git. */
export type RecordRevert = { type: "RecordRevert"; operation: string } & (
  | { pushed: Omit<DataOf<"RevertPushed">, "operation"> }
  | { failed: Omit<DataOf<"RevertFailed">, "operation"> }
);

/** Says a push once, and a failure once until another one or the push. */
export function recordRevert(command: RecordRevert, { configuration, reverted }: ApplicationState): ApplicationEvent[] {
  const { operation } = command;
  const mine = reverted?.operation === operation ? reverted : undefined;
  if (!configuration || (mine && mine.failed === undefined)) return [];
  if ("pushed" in command) return [{ type: "RevertPushed", data: { operation, ...command.pushed } }];
  const { failed } = command;
  return mine?.failed === failed.message ? [] : [{ type: "RevertFailed", data: { operation, ...failed } }];
}
