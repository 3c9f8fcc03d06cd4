import type { ReleaseSourceEvent } from "../../schemas/events/index.ts";
import type { ReleaseSourceSpec } from "../../schemas/kinds/release-source.ts";
import { plainDecider } from "../configuration/plain.ts";

/** The aggregate `releasesource`: its configuration and the releases it made. */
export const releaseSourceDecider = plainDecider<ReleaseSourceSpec, ReleaseSourceEvent>(
  "releasesource",
  "ReleaseSource",
);
