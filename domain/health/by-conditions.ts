import {
  condition,
  degraded,
  generationLag,
  healthy,
  progressing,
  suspended,
  words,
  type Health,
  type Shape,
} from "./verdict.ts";

/** How one object of a kind is judged. */
export type Rule = (object: Shape) => Health;

/** Rules by `group/Kind`, `group/*`, `*.group-suffix/Kind` or `*.group-suffix/*`. */
export type Rules = Readonly<Record<string, Rule>>;

/** A kind that tells its health in conditions; each type is judged by its status True, False or Unknown. */
export interface Conditions {
  /** All of them have to be True. */
  needs: readonly string[];
  /** Of those needed, which are a failure when False; all unless said otherwise. */
  fatal?: readonly string[];
  /** A failure when True. */
  failing?: readonly string[];
  /** Work under way when True, whatever the needed ones say. */
  working?: readonly string[];
  /** On hold when True. */
  onHold?: readonly string[];
  /** Reasons with which a needed one that is False is no failure yet. */
  patience?: readonly string[];
  /** `spec` field that suspends it when true. */
  suspend?: string;
}

/** Judges a kind by its conditions. One made for an older generation says nothing of this one. */
export function byConditions(rule: Conditions): Rule {
  return (object) => {
    if (rule.suspend !== undefined && object.flag("spec", rule.suspend))
      return suspended("it is suspended in its spec");
    return generationLag(object) ?? flagged(object, rule) ?? needed(object, rule);
  };
}

const holds = (object: Shape, types: readonly string[] = []): Shape | undefined =>
  types.map((type) => condition(object, type)).find((entry) => entry?.text("status") === "True");

function flagged(object: Shape, { onHold, failing, working }: Conditions): Health | undefined {
  const failed = holds(object, failing);
  if (failed) return degraded(words(failed, `it is ${failed.text("type")}`));
  const held = holds(object, onHold);
  if (held) return suspended(words(held, `it is ${held.text("type")}`));
  const busy = holds(object, working);
  return busy && progressing(words(busy, `it is ${busy.text("type")}`));
}

function needed(object: Shape, rule: Conditions): Health {
  const { needs, fatal = needs, patience = [] } = rule;
  const entries = needs.map((type) => ({ type, entry: condition(object, type) }));
  for (const { type, entry } of entries) {
    const stale = entry && conditionLag(object, entry);
    if (stale) return stale;
    if (entry?.text("status") !== "False" || !fatal.includes(type)) continue;
    if (!patience.includes(entry.text("reason") ?? "")) return degraded(words(entry, `${type} is False`));
  }
  const open = entries.find(({ entry }) => entry?.text("status") !== "True");
  if (!open) return healthy;
  return progressing(
    open.entry ? words(open.entry, `${open.type} is not True yet`) : `its controller has not said ${open.type} yet`,
  );
}

/** Progressing while a condition speaks of an older generation. */
export function conditionLag(object: Shape, entry: Shape): Health | undefined {
  const generation = object.number("metadata", "generation");
  const observed = entry.number("observedGeneration");
  if (generation === undefined || observed === undefined || observed >= generation) return undefined;
  return progressing(`its ${entry.text("type") ?? "condition"} is of generation ${observed}, not yet of ${generation}`);
}

/** Health by the words that a kind has for it. */
export type Phases = Readonly<Record<string, Health["status"]>>;

/** A kind that tells its health in one word; a word that is not known is Unknown, none is Progressing. */
export function byPhase(
  path: readonly string[],
  phases: Phases,
  message: readonly string[] = ["status", "message"],
): Rule {
  return (object) => {
    const phase = object.text(...path);
    if (!phase) return progressing("its controller has not said how it is yet");
    const status = Object.hasOwn(phases, phase) ? phases[phase] : undefined;
    if (status === "Healthy") return healthy;
    const text = object.text(...message);
    return { status: status ?? "Unknown", message: text || `it is ${phase}` };
  };
}

/** Configuration that its operator only reads: well as soon as it exists. */
export const wellOnceRead: Rule = () => healthy;
