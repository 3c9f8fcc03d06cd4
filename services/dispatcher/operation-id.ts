import { sha256 } from "../../domain/routing/sha256.ts";
import type { Trigger } from "../../schemas/operation.ts";

/**
 * Id of an operation that the dispatcher asks for: the same for the same reason, whoever comes to it and however often. `parts`
 * hold what makes the reason: an intake or ledger sequence, a commit, a digest. As in `push-5d41402abc4b2a76b9719d91`.
 */
export const operationId = (
  type: Trigger["type"],
  application: string,
  ...parts: readonly (string | number)[]
): string => `${type}-${sha256([type, application, ...parts].join("\n")).slice(0, 24)}`;
