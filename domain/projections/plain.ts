import type { RecordedEvent } from "../../schemas/events/index.ts";
import { configuredBy } from "../configuration/plain.ts";
import { type Described, described } from "./configuration.ts";

/** The description of an object of a kind after an event; undefined once it is deleted, `before` for what is not its configuration. */
export function foldPlain<Spec, View extends Described<Spec>>(
  kind: string,
  before: View | undefined,
  recorded: RecordedEvent,
  /** What a new one has beside its description. */
  more: Omit<View, keyof Described<Spec>>,
): View | undefined {
  const configured = configuredBy<Spec>(kind, recorded.event);
  if (!configured) return before;
  if (!configured.configuration) return undefined;
  const { configuration } = configured;
  return { ...more, ...before, ...described(before, recorded, configuration) } as View;
}
