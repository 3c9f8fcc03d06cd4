import type { PipelineEvent } from "../../schemas/events/index.ts";

/** What an event of one type holds. */
export type DataOf<Type extends PipelineEvent["type"]> = Extract<PipelineEvent, { type: Type }>["data"];

/** What events of a pipeline make of a row, by their type; `at` is when they were recorded. */
export type FoldsByType<Row> = {
  [Type in PipelineEvent["type"]]?: (before: Row, data: DataOf<Type>, at: string) => Row;
};

/** The row after an event; the same one where none of the folds is about it. */
export function foldByType<Row>(folds: FoldsByType<Row>, before: Row, event: PipelineEvent, at: string): Row {
  const fold = folds[event.type] as ((before: Row, data: PipelineEvent["data"], at: string) => Row) | undefined;
  return fold ? fold(before, event.data, at) : before;
}

/** The row without some of its members. */
export const omit = <Row extends object, Key extends keyof Row>(row: Row, ...keys: Key[]): Omit<Row, Key> =>
  Object.fromEntries(Object.entries(row).filter(([key]) => !keys.includes(key as Key))) as Omit<Row, Key>;
