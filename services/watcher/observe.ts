import { withoutPaths } from "../../domain/diff/path.ts";
import { canonicalJson } from "../../domain/sync/canonical.ts";
import { ownedFields } from "../../domain/sync/field-set.ts";
import { hookRunOf } from "../../domain/sync/hooks.ts";
import { ignoresHealth, waveOf } from "../../domain/sync/phases.ts";
import type { Expected, Observed } from "../../domain/watch/compare.ts";
import { sameFieldSet } from "../../domain/watch/field-set-text.ts";
import type { FieldSets } from "./field-sets.ts";
import type { Judgement, RawObject } from "./ports.ts";

/** Health of what asks for its health to be ignored. */
const WELL: ReturnType<Judgement["health"]> = { status: "Healthy" };

/** Reduces a live object to what is kept of it. `expected` is what the newest known inventory says of it. */
export function observe(
  object: RawObject,
  context: { application: string; running: boolean; expected: Expected | undefined },
  tools: { judgement: Judgement; fieldSets: FieldSets },
): Observed {
  const { status, message } = judged(object, tools.judgement);
  const wave = waveOf(object);
  const text = fieldSetFor(object, context);
  const fieldSet = text === undefined ? undefined : tools.fieldSets.share(text);
  const counted = withoutPaths(object, context.expected?.ignored?.within ?? []);
  return {
    application: context.application,
    health: status,
    ...(message === undefined ? {} : { message }),
    ...(wave === 0 ? {} : { wave }),
    ...(hookRunOf(object) === undefined ? {} : { hook: true }),
    fieldSet,
    fields: fieldSet === undefined ? undefined : tools.judgement.fieldsDigest(counted, JSON.parse(fieldSet)),
  };
}

/** Health of a live object by the rules, where it counts. */
export const judged = (object: RawObject, judgement: Pick<Judgement, "health">): ReturnType<Judgement["health"]> =>
  ignoresHealth(object) ? WELL : judgement.health(object);

/**
 * The set of fields to go by. Normally the one that was recorded: a manual change takes fields out of our manager's entry.
 * During an operation, or before anything was recorded, it is the live object's own, which the inventory to come will record.
 */
function fieldSetFor(
  object: RawObject,
  { running, expected }: { running: boolean; expected: Expected | undefined },
): string | undefined {
  const recorded = expected?.fieldSet;
  if (recorded !== undefined && !running) return recorded;
  const fields = ownedFields(object);
  if (fields === undefined) return recorded;
  const own = canonicalJson(fields);
  return recorded !== undefined && sameFieldSet(own, recorded) ? recorded : own;
}
