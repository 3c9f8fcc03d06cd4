import { SluiceError } from "../../schemas/errors.ts";
import type { ApplicationState } from "../application/state.ts";
import { deployedBy, lastOperationOf, versionBefore } from "./history.ts";
import type { HistoryEntry } from "./state.ts";

/**
 * The version that an operator means: an operation's, a revision's (or how it begins), or the one before what is there now. `artifactOf`
 * knows what older operations deployed. Throws NotFound naming what there is, Conflict for a version of another cluster.
 */
export function versionMeant(
  state: ApplicationState,
  asked: string | undefined,
  artifactOf: (operation: string) => string | undefined,
): HistoryEntry {
  const { history = [], cluster } = state;
  const found =
    asked === undefined ? versionBefore(state) : (deployedBy(state, asked) ?? alike(history, asked, artifactOf));
  if (!found) throw nothing(history, asked);
  if (found.cluster !== undefined && cluster !== undefined && found.cluster !== cluster) {
    throw new SluiceError(
      "Conflict",
      `Operation ${found.operation} deployed to cluster ${found.cluster}, not to ${cluster}`,
      {
        next: "What was rendered for one cluster is not applied to another: sync the revision instead.",
      },
    );
  }
  return { ...found, operation: lastOperationOf(found) };
}

function alike(
  history: readonly HistoryEntry[],
  asked: string,
  artifactOf: (operation: string) => string | undefined,
): HistoryEntry | undefined {
  const artifact = artifactOf(asked);
  if (artifact !== undefined) return history.findLast((entry) => entry.artifact === artifact);
  return /^[0-9a-f]{7,64}$/.test(asked) ? history.findLast(({ revision }) => revision.startsWith(asked)) : undefined;
}

const MOST_LISTED = 5;

function nothing(history: readonly HistoryEntry[], asked: string | undefined): SluiceError {
  const kept = history.slice(-MOST_LISTED).toReversed();
  const listed = kept.map((entry) => `${lastOperationOf(entry)} (${entry.revision.slice(0, 8)})`).join(", ");
  const message =
    asked === undefined
      ? "There is no earlier version to go back to"
      : `Nothing is kept of operation or revision ${asked}`;
  return new SluiceError("NotFound", message, {
    next: listed === "" ? "Nothing was deployed yet." : `Deployed were, newest first: ${listed}.`,
  });
}
