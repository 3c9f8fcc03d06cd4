import type { ApplicationEvent } from "../../schemas/events/index.ts";
import { type RecordAction, recordAction } from "../action/record.ts";
import type { ApplicationState } from "../application/state.ts";
import { type ReleaseRevision, releaseRevision } from "./exclusion.ts";
import { type RecordRevert, recordRevert } from "./revert.ts";

/** What can be asked of an application beside its operations. */
export type VersionCommand = ReleaseRevision | RecordRevert | RecordAction;

export const isVersionCommand = (command: { type: string }): command is VersionCommand =>
  command.type === "ReleaseRevision" || command.type === "RecordRevert" || command.type === "RecordAction";

/** What such a command makes happen; [] when there is nothing new to say. */
export function decideVersion(command: VersionCommand, state: ApplicationState): ApplicationEvent[] {
  switch (command.type) {
    case "ReleaseRevision":
      return releaseRevision(command, state);
    case "RecordRevert":
      return recordRevert(command, state);
    case "RecordAction":
      return recordAction(command, state);
  }
}
