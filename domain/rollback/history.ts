import type { ApplicationState } from "../application/state.ts";
import type { HistoryEntry } from "./state.ts";

/** Operations that deployed the same again, remembered by each entry. */
const REMEMBERED_AGAIN = 20;

/** The history with what was deployed now as its last entry; the same artifact twice in a row is one entry. */
export function remembered(
  history: readonly HistoryEntry[],
  deployed: Omit<HistoryEntry, "also">,
  limit: number,
): HistoryEntry[] {
  const last = history.at(-1);
  if (last?.artifact !== deployed.artifact || last.cluster !== deployed.cluster) {
    return [...history, { ...deployed, also: [] }].slice(-(limit + 1));
  }
  const known = last.operation === deployed.operation || last.also.includes(deployed.operation);
  const also = known ? last.also : [...last.also, deployed.operation].slice(-REMEMBERED_AGAIN);
  // A heal of what was rolled back to does not make it a version that was deployed for its own sake.
  const rolledBack = last.rolledBack || deployed.rolledBack;
  return [...history.slice(0, -1), { ...deployed, operation: last.operation, also, rolledBack }];
}

/** What an operation deployed, undefined when it deployed nothing or is remembered no more. */
export const deployedBy = (
  { history = [] }: Pick<ApplicationState, "history">,
  operation: string,
): HistoryEntry | undefined =>
  history.findLast((entry) => entry.operation === operation || entry.also.includes(operation));

const isWell = ({ health }: HistoryEntry): boolean => health !== "Degraded" && health !== "Missing";

/** The last operation that deployed a version: the one that has exactly its revision. */
export const lastOperationOf = ({ operation, also }: Pick<HistoryEntry, "operation" | "also">): string =>
  also.at(-1) ?? operation;

/**
 * How many versions came before what is deployed now. What was rolled back to has the place where it was deployed for its own sake, so
 * that whoever goes back once more does not go forward to what came after it.
 */
function placeOf(history: readonly HistoryEntry[], now: string | undefined): number {
  const last = history.at(-1);
  if (last?.artifact !== now || !last?.rolledBack) return history.length;
  const own = history.findLastIndex(({ artifact, rolledBack }) => artifact === now && !rolledBack);
  return own >= 0 ? own : history.findIndex(({ artifact }) => artifact === now);
}

/** What was deployed before what is in the cluster now, or was tried last; never an excluded revision. Undefined when there is none. */
export function versionBefore(
  {
    history = [],
    excluded = [],
    applied,
    cluster,
  }: Pick<ApplicationState, "history" | "excluded" | "applied" | "cluster">,
  options: { healthy?: boolean } = {},
): HistoryEntry | undefined {
  const left = new Set(excluded.map(({ sourceDigest }) => sourceDigest));
  const now = applied?.artifact ?? history.at(-1)?.artifact;
  return history
    .slice(0, placeOf(history, now))
    .findLast(
      (entry) =>
        entry.artifact !== now &&
        !left.has(entry.sourceDigest) &&
        (entry.cluster === undefined || entry.cluster === cluster) &&
        (options.healthy !== true || isWell(entry)),
    );
}
