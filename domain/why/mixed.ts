import type { PipelineView, PromotionView } from "../../schemas/promotion-views.ts";
import { OPERATORS, type PromotionCause } from "./gate.ts";

type StageIn = Pick<PipelineView["stages"][number], "current" | "applications">;

/** Applications that a promotion which did not succeed has brought to another release than the stage as a whole runs. */
export const apart = ({ current, applications }: StageIn): [application: string, release: string][] =>
  Object.entries(applications)
    .filter(([, { release, at }]) => !current || (release !== current.release && isAfter(at, current.at)))
    .map(([application, { release }]) => [application, release]);

const isAfter = (at: string, other: string): boolean => Date.parse(at) > Date.parse(other);

/** How many applications a sentence names. */
const MOST_NAMED = 5;

/** Names in a sentence, the first few of many. */
const some = (names: readonly string[]): string =>
  names.length > MOST_NAMED
    ? `${names.slice(0, MOST_NAMED).join(", ")} and ${names.length - MOST_NAMED} more`
    : names.join(", ");

/** That a stage is on more than one release, in words; undefined when it is whole. */
export function mixedText(stage: StageIn, aliasOf: (release: string) => string): string | undefined {
  const byRelease = new Map<string, string[]>();
  for (const [application, release] of apart(stage))
    byRelease.set(release, [...(byRelease.get(release) ?? []), application]);
  if (byRelease.size === 0) return undefined;
  const parts = [...byRelease].map(([release, names]) => `${some(names)} at ${aliasOf(release)}`);
  const whole = stage.current ? `the others at ${aliasOf(stage.current.release)}` : "as a whole it was brought nowhere";
  return `it is mixed: ${parts.join("; ")}; ${whole}`;
}

/** That a promotion which failed or was aborted left the stage half on another release. */
export function mixedCauses(
  pipeline: PipelineView,
  name: string,
  aliasOf: (release: string) => string,
): PromotionCause[] {
  const stage = pipeline.stages.find((one) => one.name === name);
  const message = stage && mixedText(stage, aliasOf);
  if (!stage || message === undefined) return [];
  const { current, verified } = stage;
  const back = current && verified.some(({ release }) => release === current.release) ? current : undefined;
  const where = `${pipeline.name} ${name}`;
  const next = back ? `sluice stage rollback ${where} ${back.release.slice(0, 12)}` : `sluice promote ${where}`;
  return [{ reason: "StageMixed", message, who: OPERATORS, next }];
}

/** Applications that were not healthy, and that a wave let pass. */
export const toleratedCauses = ({ waves }: PromotionView): PromotionCause[] =>
  waves.flatMap(({ wave, completedAt, unhealthy }) =>
    unhealthy.map((application) => ({
      reason: "ToleratedUnhealthy",
      message: `Application ${application} did not become healthy; maxUnhealthy of wave ${wave + 1} let the promotion go on`,
      application,
      ...(completedAt !== undefined && { since: completedAt }),
      who: "whoever owns the application",
      next: `sluice why ${application}`,
    })),
  );
