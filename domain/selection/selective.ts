import type { OperationOptions } from "../../schemas/operation.ts";

/** What an operation is limited to. */
export type Selection = Pick<OperationOptions, "resources" | "labels">;

/** Whether an operation is limited to some objects: then no hooks run, nothing else is pruned, and it is not in the history. */
export const isSelective = (options: Selection | undefined): boolean =>
  (options?.resources ?? []).length > 0 || options?.labels !== undefined;
