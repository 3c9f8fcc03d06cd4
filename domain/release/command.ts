import type { DomainEvent } from "../../schemas/events/index.ts";
import type { ReleaseSourceSpec } from "../../schemas/kinds/release-source.ts";
import type { Actor } from "../../schemas/operation.ts";
import type { ReleaseContent } from "../../schemas/promotion.ts";
import type { ConfigurationCommand } from "../configuration/configured.ts";

type Created = Extract<DomainEvent, { type: "ReleaseCreated" }>["data"];

/** A commit that a release brings and the one before it had not. */
export type CarriedCommit = Created["commits"][number];

/** What told of a release. */
export type ReleaseOrigin = Created["origin"];

/** What was found is a release, unless that content is one already. */
export interface CreateRelease {
  type: "CreateRelease";
  content: ReleaseContent;
  /** Newest first. */
  commits: CarriedCommit[];
  /** How many more it carries. */
  more?: number;
  /** Names and addresses of all who had a hand in a commit since the release before, where `commits` does not name them all. */
  authors?: string[];
  origin: ReleaseOrigin;
  by: Actor;
  /** RFC 3339. */
  at: string;
}

/** How a look at the subscriptions went: those that were looked at, and why some could not be read. */
export interface RecordDiscovery {
  type: "RecordDiscovery";
  looked: string[];
  failures: Record<string, { code: string; message: string }>;
}

/** What can be asked of a release source. */
export type ReleaseSourceCommand = ConfigurationCommand<ReleaseSourceSpec> | CreateRelease | RecordDiscovery;
