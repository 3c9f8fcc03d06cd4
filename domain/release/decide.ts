import { SluiceError } from "../../schemas/errors.ts";
import type { ReleaseSourceEvent } from "../../schemas/events/index.ts";
import type { ReleaseSourceSpec } from "../../schemas/kinds/release-source.ts";
import { configurationEvents } from "../configuration/plain.ts";
import { aliasOf, aliasSeed } from "./alias.ts";
import type { CreateRelease, RecordDiscovery, ReleaseSourceCommand } from "./command.ts";
import { misfit, orderedContent, releaseId } from "./content.ts";
import type { ReleaseSourceState } from "./state.ts";

/** Commits that a release names one by one. */
const NAMED_COMMITS = 100;
/** Authors that a release names beside its commits. */
const NAMED_AUTHORS = 1_000;

/**
 * What a command on a release source makes happen. Throws NotFound for a source that is not there, and Conflict for a content that is not
 * of its subscriptions, which somebody may have changed meanwhile.
 */
export function decideReleaseSource(command: ReleaseSourceCommand, state: ReleaseSourceState): ReleaseSourceEvent[] {
  switch (command.type) {
    case "Configure":
    case "Remove":
      return configurationEvents<"ReleaseSource", ReleaseSourceSpec>("ReleaseSource", command, state);
    case "CreateRelease":
      return create(command, state);
    case "RecordDiscovery":
      return turned(command, state);
  }
}

function create(command: CreateRelease, state: ReleaseSourceState): ReleaseSourceEvent[] {
  const { configuration, releases, count } = state;
  if (!configuration) throw new SluiceError("NotFound", "The release source is not there any more.");
  const { creation, subscriptions } = configuration.spec;
  if (creation === "Manual" && command.origin !== "manual") return [];
  const wrong = misfit(command.content, subscriptions);
  if (wrong !== undefined)
    throw new SluiceError("Conflict", `What was found does not fit the release source. ${wrong}`, {
      next: "try again",
    });
  const release = releaseId(command.content);
  if (releases.some((known) => known.release === release)) return [];
  const { commits, more = 0, authors, origin, by, at } = command;
  const beyond = more + Math.max(0, commits.length - NAMED_COMMITS);
  return [
    {
      type: "ReleaseCreated",
      data: {
        release,
        alias: aliasOf(count, state.seed ?? aliasSeed(release)),
        content: orderedContent(command.content),
        commits: commits.slice(0, NAMED_COMMITS),
        ...(beyond > 0 && { more: beyond }),
        ...unnamed(authors ?? authorsOf(commits), commits.slice(0, NAMED_COMMITS)),
        origin,
        by,
        at,
      },
    },
  ];
}

/** All who had a hand in it, where the commits that are named do not name them all. */
function unnamed(authors: readonly string[], commits: CreateRelease["commits"]): { authors?: string[] } {
  const named = new Set(authorsOf(commits));
  return authors.every((author) => named.has(author)) ? {} : { authors: [...new Set(authors)].slice(0, NAMED_AUTHORS) };
}

/** Names and e-mail addresses of those who wrote commits, each once. */
export const authorsOf = (commits: CreateRelease["commits"]): string[] => [
  ...new Set(commits.flatMap(({ author: { name, email } }) => [name, email]).filter((each) => each !== "")),
];

function turned(
  { looked, failures }: RecordDiscovery,
  { configuration, failing }: ReleaseSourceState,
): ReleaseSourceEvent[] {
  const known = new Set(configuration?.spec.subscriptions.map(({ name }) => name));
  return looked
    .filter((subscription) => known.has(subscription))
    .flatMap((subscription): ReleaseSourceEvent[] => {
      const failure = failures[subscription];
      if (failure?.code === failing[subscription]) return [];
      return failure
        ? [{ type: "DiscoveryFailed", data: { subscription, ...failure } }]
        : [{ type: "DiscoveryRecovered", data: { subscription } }];
    });
}
