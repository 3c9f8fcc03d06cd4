/** Turns the data of one version of an event type into that of the next. Pure, total: old data is always readable. */
export type Upcaster = (data: never) => unknown;

/** Upcasters by event type; the one at index i takes version i + 1 to version i + 2. The newest version follows from their number. */
export type Upcasters = Readonly<Record<string, readonly Upcaster[]>>;

/** Every upcaster there is. A change to the schema of an event that old data does not fit adds one here. */
export const UPCASTERS: Upcasters = {};

/** Version in which an event type is written today. */
export const newestVersion = (type: string, table: Upcasters = UPCASTERS): number => (table[type]?.length ?? 0) + 1;

/** An event as it lies in the ledger. */
export interface StoredEvent {
  type: string;
  v: number;
  data: unknown;
}

/** The event's data in its newest version, or undefined when it was written in a version newer than this program knows. */
export function upcast(event: StoredEvent, table: Upcasters = UPCASTERS): { data: unknown } | undefined {
  const steps = table[event.type];
  if (steps === undefined) return event.v === 1 ? event : undefined;
  if (!Number.isInteger(event.v) || event.v < 1 || event.v > steps.length + 1) return undefined;
  return { data: steps.slice(event.v - 1).reduce<unknown>((data, step) => step(data as never), event.data) };
}
