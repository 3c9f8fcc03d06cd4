import type { ApplicationState } from "../domain/application/state.ts";
import { isPutBack } from "../domain/rollback/exclusion.ts";
import { deployedBy, versionBefore } from "../domain/rollback/history.ts";
import type { AppliedVersion } from "../domain/rollback/state.ts";
import { SluiceError } from "../schemas/errors.ts";
import type { OperationRequest } from "../schemas/operation.ts";

/** A version that is kept, with the cluster that it was rendered for. */
type StoredVersion = Required<AppliedVersion> & { cluster?: string };

/**
 * The version that a request puts back out of the store, without a look at Git; undefined where Git says what is to be deployed. Drift
 * under a rolled back application is put back to what it was rolled back to. Throws NotFound for a version that is kept no more,
 * Conflict for one of another cluster.
 */
export function storedVersion(
  request: Pick<OperationRequest, "kind" | "target" | "trigger">,
  state: ApplicationState,
  cluster: string,
): StoredVersion | undefined {
  const entry = entryFor(request, state);
  if (entry?.cluster !== undefined && entry.cluster !== cluster) {
    throw new SluiceError(
      "Conflict",
      `operation ${entry.operation} deployed to cluster ${entry.cluster}, not to ${cluster}`,
      {
        next: "what was rendered for one cluster is not applied to another: sync the revision instead",
      },
    );
  }
  return entry;
}

function entryFor(
  { kind, target, trigger }: Pick<OperationRequest, "kind" | "target" | "trigger">,
  state: ApplicationState,
): StoredVersion | undefined {
  if (kind === "rollback") {
    if (target === undefined) return versionBefore(state) ?? notKept("there is no earlier version to go back to");
    return deployedBy(state, target) ?? notKept(`nothing is kept of operation ${target}`);
  }
  const { excluded, inPlace, deployed } = state;
  if (kind !== "sync" || !isPutBack(trigger)) return undefined;
  if (inPlace && (excluded !== undefined || target === inPlace.operation)) return inPlace;
  return excluded && deployed ? deployedBy(state, deployed.operation) : undefined;
}

function notKept(message: string): never {
  throw new SluiceError("NotFound", message, {
    next: "`sluice app history` shows what there is; revisionHistoryLimit says how many versions are kept",
  });
}
