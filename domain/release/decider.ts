import type { ReleaseSourceEvent } from "../../schemas/events/index.ts";
import type { Decider } from "../decider.ts";
import type { ReleaseSourceCommand } from "./command.ts";
import { decideReleaseSource } from "./decide.ts";
import { evolveReleaseSource } from "./evolve.ts";
import { initialReleaseSource, type ReleaseSourceState } from "./state.ts";

/** The aggregate `releasesource`: its configuration and the releases it made. */
export const releaseSourceDecider: Decider<ReleaseSourceState, ReleaseSourceCommand, ReleaseSourceEvent> = {
  aggregate: "releasesource",
  initial: initialReleaseSource,
  evolve: evolveReleaseSource,
  decide: decideReleaseSource,
};
