import type { Comparison } from "../../schemas/api/bodies.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { objectKey } from "../../schemas/ids.ts";
import type { Compare } from "./ports.ts";
import { hideSecrets } from "./redact.ts";

/** What a diff is of: the application's own revision unless another one, or local files, are named. */
export function diffOptions({
  revision,
  local,
}: {
  revision?: string | undefined;
  local?: string | undefined;
}): Parameters<Compare>[1] {
  if (revision !== undefined && local !== undefined) throw eitherOr();
  return { ...(revision !== undefined && { revision }), ...(local !== undefined && { local }) };
}

/** Thrown where a revision and local files are named together. */
export const eitherOr = (): SluiceError =>
  new SluiceError("InvalidInput", "A revision and local files can't be taken together", {
    next: "Name one of the two.",
  });

/** A comparison as it is answered: no Secret value passes, whatever came before. */
export function comparisonOf(
  application: string,
  { revision, objects, hooks = [], warnings = [] }: Awaited<ReturnType<Compare>>,
): Comparison {
  const counts = { create: 0, update: 0, recreate: 0, prune: 0, refuse: 0 };
  for (const { action } of objects) if (action !== "unchanged") counts[action] += 1;
  return {
    application,
    revision,
    sync: objects.some(({ action }) => action !== "unchanged") ? "OutOfSync" : "Synced",
    counts,
    warnings,
    ...(hooks.length > 0 && {
      hooks: hooks.map(({ key, phase, wave }) => ({ object: objectKey(key), phase, wave })),
    }),
    objects: objects.map(({ key, desired, live, ...rest }) => ({
      ...rest,
      object: objectKey(key),
      desired: desired && hideSecrets(desired),
      live: live && hideSecrets(live),
    })),
  };
}
