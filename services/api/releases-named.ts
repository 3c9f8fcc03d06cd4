import { type NamedRelease, releaseNamed } from "../../domain/promotion/meant.ts";
import { toSluiceError } from "../../schemas/errors.ts";
import type { ReleaseView } from "../../schemas/promotion-views.ts";
import type { ApiPorts } from "./ports.ts";

type Ports = Pick<ApiPorts, "views" | "projector" | "ledger">;

/** All releases of a source, newest first. */
export const releasesOf = ({ views }: Pick<Ports, "views">, source: string): ReleaseView[] =>
  views
    .list("releases", { prefix: `${source}/` })
    .map(({ value }) => value)
    .toSorted((a, b) => b.sequence - a.sequence);

/** The release that somebody names, also one that was made a moment ago. Throws NotFound or InvalidInput. */
export async function findRelease(ports: Ports, source: string, name: string): Promise<NamedRelease> {
  try {
    return releaseNamed(name, releasesOf(ports, source), source);
  } catch (error) {
    if (toSluiceError(error).code !== "NotFound") throw error;
    await ports.projector.reached(await ports.ledger.last());
    return releaseNamed(name, releasesOf(ports, source), source);
  }
}

/** The readable name of a release; the beginning of its id where it is not known. */
export const aliasOf = ({ views }: Pick<Ports, "views">, source: string | undefined, release: string): string =>
  (source === undefined ? undefined : views.get("releases", `${source}/${release}`)?.alias) ?? release.slice(0, 12);
