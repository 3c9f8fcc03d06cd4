import type { RecordedEvent, ReleaseSourceEvent } from "../../schemas/events/index.ts";
import type { ReleaseSourceView, ReleaseView } from "../../schemas/promotion-views.ts";
import { only } from "../release/evolve.ts";
import { foldPlain } from "./plain.ts";

/** The release source after an event, undefined once it is deleted. */
export function foldReleaseSource(
  before: ReleaseSourceView | undefined,
  recorded: RecordedEvent,
): ReleaseSourceView | undefined {
  const { at } = recorded;
  const event = recorded.event as ReleaseSourceEvent;
  const view = foldPlain<ReleaseSourceView["spec"], ReleaseSourceView>("ReleaseSource", before, recorded, {
    releases: 0,
    failing: {},
  });
  if (!view) return undefined;
  switch (event.type) {
    case "ReleaseSourceUpdated": {
      const names = event.data.spec.subscriptions.map(({ name }) => name);
      return { ...view, failing: only(view.failing, names) };
    }
    case "ReleaseCreated": {
      const { release, alias } = event.data;
      return { ...view, newest: { release, alias, at: event.data.at }, releases: view.releases + 1 };
    }
    case "DiscoveryFailed": {
      const { subscription, code, message } = event.data;
      return { ...view, failing: { ...view.failing, [subscription]: { code, message, since: at } } };
    }
    case "DiscoveryRecovered": {
      const { [event.data.subscription]: _, ...failing } = view.failing;
      return { ...view, failing };
    }
    case "ReleaseSourceCreated":
    case "ReleaseSourceDeleted":
      return view;
  }
}

/** The release that an event makes. */
export function releaseOf({ aggregate, event, sequence }: RecordedEvent): ReleaseView | undefined {
  if (event.type !== "ReleaseCreated") return undefined;
  const { at, ...data } = event.data;
  return { source: aggregate.name, ...data, createdAt: at, sequence };
}
