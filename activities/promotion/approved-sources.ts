import type { RenderedDifference } from "../../schemas/difference.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { PromotionTarget } from "../../schemas/promotion.ts";

/**
 * Refuses what nobody has looked at: each target has to have the very sources that the promotion's difference was rendered from, whatever
 * was pushed since. A difference that was rendered before sources were kept says nothing. Throws Conflict.
 */
export function checkSources(
  targets: readonly Pick<PromotionTarget, "application" | "sourceDigest">[],
  { applications }: Pick<RenderedDifference, "applications">,
): void {
  const shown = new Map(applications.map(({ application, sourceDigest }) => [application, sourceDigest]));
  if ([...shown.values()].every((digest) => digest === undefined)) return;
  const others = targets.filter(({ application, sourceDigest }) => shown.get(application) !== sourceDigest);
  if (others.length === 0) return;
  const names = others.slice(0, 5).map(({ application }) => application);
  const more = others.length > names.length ? ` and ${others.length - names.length} more` : "";
  throw new SluiceError(
    "Conflict",
    `What ${names.join(", ")}${more} would run is not what the gates have passed: its sources were changed since the difference was rendered`,
    { next: "promote again: the difference is rendered anew, and approvals are asked for anew" },
  );
}
