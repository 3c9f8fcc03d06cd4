import type { RecordedEvent } from "../../schemas/events/index.ts";
import type { ReleaseSourceView, ReleaseView } from "../../schemas/promotion-views.ts";
import { foldPlain } from "./plain.ts";

/** The release source after an event, undefined once it is deleted. */
export function foldReleaseSource(
  before: ReleaseSourceView | undefined,
  recorded: RecordedEvent,
): ReleaseSourceView | undefined {
  return foldPlain<ReleaseSourceView["spec"], ReleaseSourceView>("ReleaseSource", before, recorded, {
    releases: 0,
    failing: {},
  });
}

/** The release that an event makes. */
export function releaseOf({ aggregate, event, sequence }: RecordedEvent): ReleaseView | undefined {
  if (event.type !== "ReleaseCreated") return undefined;
  const { at, ...data } = event.data;
  return { source: aggregate.name, ...data, createdAt: at, sequence };
}
