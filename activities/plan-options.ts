import type { Plan, PlanStep, RawObject } from "../schemas/artifact.ts";
import { SluiceError, type Problem } from "../schemas/errors.ts";
import { objectKey } from "../schemas/ids.ts";
import type { ApplicationSpec } from "../schemas/kinds/application.ts";
import type { OperationKind, OperationOptions } from "../schemas/operation.ts";
import { keyOf } from "../domain/sync/identity.ts";
import { isSet, optionsFor, optionValues } from "../domain/sync/options.ts";

/** What of a request the sync options are read from. */
interface Asked {
  application: string;
  kind: OperationKind;
  spec: ApplicationSpec;
  options?: OperationOptions;
}

/** The operation's own sync options; `--force` and `--replace` are short for two of them. */
export const operationOptions = ({ options = {} }: Pick<Asked, "options">): string[] => [
  ...(options.force ? ["Force=true"] : []),
  ...(options.replace ? ["Replace=true"] : []),
  ...(options.syncOptions ?? []),
];

/** Those of the application and the operation together: the last of a name counts. */
const levelOf = (request: Asked): string[] => [...request.spec.syncPolicy.syncOptions, ...operationOptions(request)];

/** What the options say of the plan as a whole. */
export function planOptions(request: Asked): Pick<Plan, "createNamespace" | "namespaceMetadata" | "pruneLast"> {
  const level = { values: optionValues(levelOf(request)) };
  const { syncPolicy, destination } = request.spec;
  const { labels = {}, annotations = {} } = syncPolicy.managedNamespaceMetadata ?? {};
  const creates = request.kind !== "delete" && isSet(level, "CreateNamespace");
  return {
    ...(creates ? { createNamespace: destination.namespace ?? "default" } : {}),
    ...(creates && syncPolicy.managedNamespaceMetadata ? { namespaceMetadata: { labels, annotations } } : {}),
    ...(isSet(level, "PruneLast") ? { pruneLast: true } : {}),
  };
}

const SHARED: ReadonlySet<string> = new Set(["OwnedByOther", "ManagedByOther"]);

/**
 * FailOnSharedResource=true: one object that another application or tool has, and nothing of the whole is applied. Throws
 * Conflict with one problem for each.
 */
export function checkShared(request: Asked, desired: readonly RawObject[], steps: readonly PlanStep[]): void {
  if (request.kind === "delete" || request.kind === "refresh") return;
  const objects = new Map(desired.map((object) => [objectKey(keyOf(object)), object]));
  const problems = steps.flatMap((step): Problem[] => {
    const path = objectKey(step.key);
    const object = objects.get(path);
    if (!object || !SHARED.has(step.reason)) return [];
    const options = optionsFor(request.spec.syncPolicy.syncOptions, operationOptions(request), object);
    return isSet(options, "FailOnSharedResource") ? [{ path, message: step.message ?? step.reason }] : [];
  });
  const [first] = problems;
  if (!first) return;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  const message = `nothing of ${request.application} was applied: ${first.path}: ${first.message}${more}`;
  throw new SluiceError("Conflict", message, {
    problems,
    next: "Take the object out of one of the two; without FailOnSharedResource=true it alone is left out.",
  });
}
