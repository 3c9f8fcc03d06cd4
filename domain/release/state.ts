import type { ReleaseSourceSpec } from "../../schemas/kinds/release-source.ts";
import type { Configured } from "../configuration/configured.ts";

/** What decisions need of a release: the rest is in the view of that id. */
export interface ReleaseSummary {
  release: string;
  alias: string;
  /** RFC 3339. */
  at: string;
  /** Names and e-mail addresses of those who had a hand in a commit since the release before, of any path. */
  authors: string[];
}

/** Releases of a source that are remembered. */
export const REMEMBERED_RELEASES = 1_000;

/** A release source as its events say it is: what decisions are made on. */
export interface ReleaseSourceState extends Configured<ReleaseSourceSpec> {
  /** The newest, oldest first, at most `REMEMBERED_RELEASES`. */
  releases: ReleaseSummary[];
  /** How many were ever made. */
  count: number;
  /** Where its aliases begin; absent before the first release. */
  seed?: number;
  /** Code of why a subscription can't be read, by its name. */
  failing: Record<string, string>;
}

export const initialReleaseSource: ReleaseSourceState = { releases: [], count: 0, failing: {} };
