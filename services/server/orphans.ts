import { findOrphans } from "../../activities/orphans.ts";
import type { Orphans } from "../../schemas/api/drift-routes.ts";
import type { Inventory } from "../../schemas/artifact.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { applicationsOf, placesOf, standingOf } from "../worker/records.ts";
import type { StepParts } from "./steps.ts";

/** It is waited for by somebody. */
const LIMIT_MS = 60_000;
const MOST_NAMESPACES = 20;

/** `app resources --orphaned`: reads the application's namespaces now, its destination's and those of its objects. */
export function orphansOf({ core, clusters }: Pick<StepParts, "core" | "clusters">) {
  const applications = applicationsOf(core.aggregates);
  const place = placesOf({ aggregates: core.aggregates, clusters: clusters.addresses });
  return async (application: string): Promise<Orphans> => {
    const { configuration, inventory: digest, cluster: at } = await applications.load(application);
    if (!configuration) throw new SluiceError("NotFound", `There is no application ${application}`);
    const { spec } = configuration;
    const { cluster, project } = await place(spec);
    const owned = digest !== undefined && at === cluster.name ? await core.blobs.getJson<Inventory>(digest) : undefined;
    const spaces = (owned?.entries ?? []).flatMap(({ key }) => (key.namespace === "" ? [] : [key.namespace]));
    const namespaces = [...new Set([spec.destination.namespace ?? "default", ...spaces])].slice(0, MOST_NAMESPACES);
    const { ignore = [], warn = false } = project.spec.orphanedResources ?? {};
    const client = await clusters.client(cluster.name);
    const found = await findOrphans(client, {
      ...{ namespaces, ignore, standing: standingOf(core.aggregates) },
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    return { ...found, warn: warn && found.items.length > 0 };
  };
}
