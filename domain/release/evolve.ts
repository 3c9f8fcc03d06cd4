import type { ReleaseSourceEvent } from "../../schemas/events/index.ts";
import type { ReleaseSourceSpec } from "../../schemas/kinds/release-source.ts";
import { configuredBy } from "../configuration/plain.ts";
import { aliasSeed } from "./alias.ts";
import { authorsOf } from "./decide.ts";
import { REMEMBERED_RELEASES, type ReleaseSourceState } from "./state.ts";

/** The release source after an event. */
export function evolveReleaseSource(state: ReleaseSourceState, event: ReleaseSourceEvent): ReleaseSourceState {
  switch (event.type) {
    case "ReleaseSourceCreated":
    case "ReleaseSourceUpdated":
    case "ReleaseSourceDeleted": {
      const { configuration: _, ...rest } = state;
      const configured = configuredBy<ReleaseSourceSpec>("ReleaseSource", event);
      const names = configured?.configuration?.spec.subscriptions.map(({ name }) => name) ?? [];
      // One that is made again finds its releases anew, under other aliases.
      const releases = event.type === "ReleaseSourceDeleted" ? [] : state.releases;
      return { ...rest, ...configured, releases, failing: only(state.failing, names) };
    }
    case "ReleaseCreated": {
      const { release, alias, at, commits, authors } = event.data;
      const summary = { release, alias, at, authors: authors ?? authorsOf(commits) };
      return {
        ...state,
        releases: [...state.releases, summary].slice(-REMEMBERED_RELEASES),
        count: state.count + 1,
        seed: state.seed ?? aliasSeed(release),
      };
    }
    case "DiscoveryFailed":
      return { ...state, failing: { ...state.failing, [event.data.subscription]: event.data.code } };
    case "DiscoveryRecovered": {
      const { [event.data.subscription]: _, ...failing } = state.failing;
      return { ...state, failing };
    }
  }
}

/** The members with these names. */
export const only = <Value>(
  members: Readonly<Record<string, Value>>,
  names: readonly string[],
): Record<string, Value> => Object.fromEntries(Object.entries(members).filter(([name]) => names.includes(name)));
