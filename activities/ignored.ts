import { ignoredPaths, ignoringFor, withoutIgnored, type Ignoring, type IgnoreRule } from "../domain/diff/ignore.ts";
import type { JsonPath } from "../domain/diff/path.ts";
import { withIgnored } from "../domain/diff/recorded.ts";
import { withLiveValues } from "../domain/diff/respect.ts";
import type { Digests } from "../domain/sync/canonical.ts";
import { keyOf } from "../domain/sync/identity.ts";
import type { InventoryEntry, Plan, RawObject } from "../schemas/artifact.ts";
import { toSluiceError } from "../schemas/errors.ts";

/** What finding ignored fields needs. */
export interface IgnoredDeps {
  jq: {
    /** The paths that an expression names in a value; throws when it takes too long, or is not jq. */
    paths(expression: string, value: unknown): Promise<unknown[][]>;
  };
  /** The object with keyed digests in place of Secret values: an expression never sees a secret. */
  mask(object: RawObject): RawObject;
  digests: Digests;
  /** Told of an expression that could not be evaluated; its fields count then. */
  onProblem?(message: string): void;
}

/** Where the ignored fields of an object stand; `live` tells which fields a manager has. */
export async function pathsOf(
  object: RawObject,
  { ignoring, live }: { ignoring: Ignoring; live: RawObject | undefined },
  deps: IgnoredDeps,
): Promise<JsonPath[]> {
  const shown = ignoring.jqPathExpressions.length > 0 ? deps.mask(object) : object;
  const jq: unknown[][] = [];
  for (const expression of ignoring.jqPathExpressions) {
    try {
      jq.push(...(await deps.jq.paths(expression, shown)));
    } catch (thrown) {
      const { code, message } = toSluiceError(thrown);
      if (code !== "RenderLimit" && code !== "InvalidInput") throw thrown;
      deps.onProblem?.(message);
    }
  }
  return ignoredPaths(object, { ignoring, live, jq });
}

/** Live and predicted state of an object without what is ignored of it. */
export async function withoutIgnoredIn(
  states: { live: RawObject; predicted: RawObject },
  ignoring: Ignoring,
  deps: IgnoredDeps,
): Promise<{ live: RawObject; predicted: RawObject }> {
  const { live, predicted } = states;
  const without = async (object: RawObject): Promise<RawObject> =>
    withoutIgnored(object, await pathsOf(object, { ignoring, live }, deps));
  return { live: await without(live), predicted: await without(predicted) };
}

/** The inventory entry of an object as it is live, without the fields that the rules ignore. */
export async function entryWithoutIgnored(
  entry: InventoryEntry,
  live: RawObject,
  { rules, deps }: { rules: readonly IgnoreRule[]; deps: IgnoredDeps },
): Promise<InventoryEntry> {
  const ignoring = ignoringFor(keyOf(live), rules);
  if (!ignoring && !entry.ignored) return entry;
  const paths = ignoring ? await pathsOf(live, { ignoring, live }, deps) : [];
  return withIgnored(entry, live, { ignoring, paths, digests: deps.digests });
}

/** The desired object with the live values of its ignored fields (RespectIgnoreDifferences). */
export async function respectingIgnored(
  desired: RawObject,
  live: RawObject,
  { rules, deps }: { rules: readonly IgnoreRule[]; deps: IgnoredDeps },
): Promise<RawObject> {
  const ignoring = ignoringFor(keyOf(desired), rules);
  return ignoring ? withLiveValues(desired, live, await pathsOf(desired, { ignoring, live }, deps)) : desired;
}

/** What applying an object needs of the rules of its plan. */
export interface Respecting {
  /** The entry without the fields that are to be ignored of the live object. */
  withoutIgnored(entry: InventoryEntry, live: RawObject): Promise<InventoryEntry>;
  /** The desired object with the live values of its ignored fields. */
  respecting(desired: RawObject, live: RawObject): Promise<RawObject>;
}

/** The rules of a plan, ready to be applied by; nothing without what it takes. */
export function respectingPlan({ ignoreDifferences = [] }: Plan, deps: IgnoredDeps | undefined): Partial<Respecting> {
  if (!deps) return {};
  const by = { rules: ignoreDifferences, deps };
  return {
    withoutIgnored: (entry, live) => entryWithoutIgnored(entry, live, by),
    respecting: (desired, live) => respectingIgnored(desired, live, by),
  };
}
