import { judgedAs } from "../../domain/health/health.ts";
import { ignoresHealth } from "../../domain/sync/phases.ts";
import type { Observed } from "../../domain/watch/compare.ts";
import type { Judgement, RawObject } from "./ports.ts";

/**
 * Has an object judged by its own check, if there is one for its kind and its health counts. Until it has answered, what was known of
 * the object before stands, and nothing is said of an application of whose object nothing was known.
 */
export function judgeByOwnCheck(
  object: RawObject,
  { observed, before }: { observed: Observed; before: Observed | undefined },
  { judgement, answered }: { judgement: Judgement; answered(): void },
): boolean {
  const check = ignoresHealth(object) ? undefined : judgement.own?.(object);
  if (!check) return false;
  take(observed, { status: before?.health ?? observed.health, message: before?.message });
  if (before === undefined || before.judging) observed.judging = true;
  void check.then((told) => {
    take(
      observed,
      judgedAs(object, () => told),
    );
    delete observed.judging;
    answered();
  });
  return true;
}

function take(observed: Observed, health: { status: Observed["health"]; message?: string | undefined }): void {
  observed.health = health.status;
  if (health.message === undefined) delete observed.message;
  else observed.message = health.message;
}
