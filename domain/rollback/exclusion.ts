import type { ApplicationEvent } from "../../schemas/events/index.ts";
import type { Actor, OperationRequest, Trigger } from "../../schemas/operation.ts";
import type { StartOperation } from "../application/command.ts";
import type { ApplicationState } from "../application/state.ts";
import type { Excluded, ExclusionReason } from "./state.ts";

/** Gives revisions free again, all of them or one. */
export interface ReleaseRevision {
  type: "ReleaseRevision";
  /** A full revision; all that are excluded when absent. */
  revision?: string;
  by: Actor;
}

/**
 * The exclusion that keeps a sync from deploying what it found in Git; undefined where it may. Only who names a revision, or an
 * earlier operation, deploys an excluded one.
 */
export function exclusionFor(
  request: Pick<OperationRequest, "kind" | "revision" | "target" | "options">,
  sourceDigest: string | undefined,
  { excluded = [] }: Pick<ApplicationState, "excluded">,
): Excluded | undefined {
  if (request.kind !== "sync" || isNamed(request)) return undefined;
  return excluded.find((each) => each.sourceDigest === sourceDigest);
}

/** Whether an operation only puts back what was deployed. */
export const isPutBack = ({ type }: Pick<Trigger, "type">): boolean => type === "drift" || type === "breakGlass";

/** Whether a request says itself what is to be deployed. */
export const isNamed = ({
  revision,
  target,
  options,
}: Pick<OperationRequest, "revision" | "target" | "options">): boolean =>
  revision !== undefined || target !== undefined || options?.local !== undefined;

const WHY: Record<ExclusionReason, string> = {
  RolledBack: "it was rolled back from",
  SyncFailed: "its sync failed and was rolled back",
  HealthLost: "it lost its health and was rolled back",
};

/** In a sentence why a revision is not deployed to an application, and what to do. */
export const exclusionMessage = ({ revision, by, reason }: Excluded, application: string): string =>
  `revision ${revision.slice(0, 12)} is not deployed: ${WHY[reason]} by ${by.name}; a newer commit is, ` +
  `or release it with \`sluice app release ${application}\``;

/** What the start of an operation says of revisions: the one that a rollback leaves is excluded, one that is deployed all the same is released. */
export function exclusionsAtStart(command: StartOperation, state: ApplicationState): ApplicationEvent[] {
  if (!writesAll(command)) return [];
  if (command.kind === "rollback") return rolledBack(command, state);
  return command.kind === "sync" ? deployedAnew(command, state) : [];
}

/** Neither a dry run nor a sync of selected objects says anything of a revision as a whole. */
const writesAll = ({ options, others }: StartOperation): boolean => options?.dryRun !== true && others === undefined;

function rolledBack({ operation, trigger, sourceDigest }: StartOperation, state: ApplicationState): ApplicationEvent[] {
  // Drift is put back to what is deployed; nothing is left by that.
  if (isPutBack(trigger)) return [];
  const { excluded = [], applied, deployed, requested } = state;
  const released = excluded.filter((each) => each.sourceDigest === sourceDigest);
  const reason = requested?.operation === operation ? requested.reason : "RolledBack";
  const known = new Set([...excluded.map((each) => each.sourceDigest), sourceDigest]);
  const left = [applied, deployed].flatMap((version): Excluded[] => {
    if (version?.revision === undefined || version.sourceDigest === undefined || known.has(version.sourceDigest))
      return [];
    known.add(version.sourceDigest);
    return [{ revision: version.revision, sourceDigest: version.sourceDigest, operation, by: trigger.actor, reason }];
  });
  return [
    ...released.map((each) => release(each, trigger.actor, "RolledBackTo")),
    ...left.map((data): ApplicationEvent => ({ type: "RevisionExcluded", data })),
  ];
}

function deployedAnew(command: StartOperation, { excluded = [] }: ApplicationState): ApplicationEvent[] {
  const { sourceDigest, trigger, named = false } = command;
  const again = excluded.filter((each) => each.sourceDigest === sourceDigest);
  if (again.length > 0) return again.map((each) => release(each, trigger.actor, "Synced"));
  // What is put back, and what an operator names for once, is not what Git moved on to.
  if (named || isPutBack(trigger)) return [];
  return excluded.map((each) => release(each, trigger.actor, "NewerRevision"));
}

/** What a release says: nothing for what is not excluded. */
export function releaseRevision(
  { revision, by }: ReleaseRevision,
  { excluded = [] }: ApplicationState,
): ApplicationEvent[] {
  return excluded
    .filter((each) => revision === undefined || each.revision === revision)
    .map((each) => release(each, by, "Released"));
}

const release = (
  { revision, sourceDigest }: Excluded,
  by: Actor,
  reason: "Released" | "Synced" | "RolledBackTo" | "NewerRevision",
): ApplicationEvent => ({ type: "RevisionReleased", data: { revision, sourceDigest, by, reason } });
