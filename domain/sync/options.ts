import type { RawObject } from "../../schemas/artifact.ts";
import { parseSyncOption, type SyncOptionName } from "../../schemas/sync-options.ts";

/** Annotations with a comma list of sync options; the later one wins. */
export const SYNC_OPTION_ANNOTATIONS = ["argocd.argoproj.io/sync-options", "sluice.dev/sync-options"] as const;
/** Annotations with a comma list of options of the comparison. */
export const COMPARE_OPTION_ANNOTATIONS = ["argocd.argoproj.io/compare-options", "sluice.dev/compare-options"] as const;
/** Annotations that name one more field manager whose client-side applied fields become ours. */
export const MIGRATION_MANAGER_ANNOTATIONS = [
  "argocd.argoproj.io/client-side-apply-migration-manager",
  "sluice.dev/client-side-apply-migration-manager",
] as const;
const FLUX = "kustomize.toolkit.fluxcd.io";
/** Flux's annotations of single objects, with the values that they take; case doesn't matter. */
export const FLUX_ANNOTATIONS = {
  [`${FLUX}/ssa`]: ["Override", "Merge", "IfNotPresent", "Ignore"],
  [`${FLUX}/prune`]: ["disabled", "enabled"],
  [`${FLUX}/force`]: ["enabled", "disabled"],
  [`${FLUX}/reconcile`]: ["disabled", "enabled"],
} as const;
/** Options of the comparison, each with the values it takes; `IgnoreExtraneous` may stand alone. */
export const COMPARE_OPTIONS = {
  IgnoreExtraneous: ["", "true", "false"],
  ServerSideDiff: ["true", "false"],
  IncludeMutationWebhook: ["true", "false"],
} as const;

/** Values of sync options by name. */
export type OptionValues = { readonly [Name in SyncOptionName]?: string };

/** What an object says of itself in its annotations. */
export interface OwnOptions {
  values: OptionValues;
  /** How Flux writes it, in its own words. */
  ssa: "Override" | "Merge" | "IfNotPresent" | "Ignore" | undefined;
  /** Flux's `reconcile: disabled`: it is left alone. */
  paused: boolean;
  /** That it is no longer rendered makes no application OutOfSync. */
  ignoreExtraneous: boolean;
  /** Field managers beside kubectl's own whose client-side applied fields become ours. */
  migrationManagers: string[];
}

/** The options that hold for one object. */
export interface EffectiveOptions extends OwnOptions {
  /** What the object says itself: some options are too much to be said for a whole application. */
  own: OptionValues;
}

/** The sync options of a list, `Name=value` each; the last of a name counts. */
export function optionValues(list: readonly string[]): OptionValues {
  const parsed = list.map(parseSyncOption).filter((option) => option !== undefined);
  return Object.fromEntries(parsed.map(({ name, value }) => [name, value]));
}

/** The options of an object: its own before those of the operation, those before the application's. */
export function optionsFor(
  application: readonly string[],
  operation: readonly string[],
  object: RawObject,
): EffectiveOptions {
  const own = ownOptions(object);
  const values = { ...optionValues(application), ...optionValues(operation), ...own.values };
  return { ...own, own: own.values, values };
}

/** Whether an option is `true`; one that nobody set is not. */
export const isSet = ({ values }: Pick<EffectiveOptions, "values">, name: SyncOptionName): boolean =>
  values[name] === "true";

/** What an object's annotations say; whatever is not understood in them is passed over (`optionProblems` names it). */
export function ownOptions(object: RawObject): OwnOptions {
  const text = annotationsOf(object);
  const listed = SYNC_OPTION_ANNOTATIONS.flatMap((name) => commaList(text(name)));
  const compare = COMPARE_OPTION_ANNOTATIONS.flatMap((name) => commaList(text(name)));
  const force = text(`${FLUX}/force`)?.toLowerCase() === "enabled" ? ["Force=true"] : [];
  const managers = MIGRATION_MANAGER_ANNOTATIONS.flatMap((name) => commaList(text(name)));
  const ssa = text(`${FLUX}/ssa`)?.toLowerCase();
  return {
    values: optionValues([...force, ...listed]),
    ssa: FLUX_ANNOTATIONS[`${FLUX}/ssa`]?.find((value) => value.toLowerCase() === ssa),
    paused: text(`${FLUX}/reconcile`)?.toLowerCase() === "disabled",
    ignoreExtraneous: compare.includes("IgnoreExtraneous") || compare.includes("IgnoreExtraneous=true"),
    migrationManagers: managers,
  };
}

/** Text of an object's annotation; undefined when it has none, or something else than text. */
export function annotationsOf(object: RawObject): (name: string) => string | undefined {
  const annotations: Record<string, unknown> = object.metadata.annotations ?? {};
  return (name) => {
    const value = annotations[name];
    return typeof value === "string" ? value.trim() : undefined;
  };
}

/** The parts of a comma list, without blanks and empty ones. */
export const commaList = (text: string | undefined): string[] =>
  (text ?? "")
    .split(",")
    .map((part) => part.trim().replace(/\s*=\s*/, "="))
    .filter((part) => part !== "");
