import type { ClusterChanged } from "../../schemas/messages.ts";

type Unhealthy = ClusterChanged["unhealthy"];

/** What is shown of an object that is not healthy, as an event has it. */
export interface NotedHealth {
  object: string;
  reason: string;
  message?: string | undefined;
}

/** What a report says of objects that are not healthy, as an event notes it. */
export const notedHealth = (unhealthy: Unhealthy): NotedHealth[] =>
  unhealthy.map(({ object, health, message }) => ({
    object,
    reason: health,
    ...(message !== undefined && { message }),
  }));

/**
 * Whether the same objects are not healthy, for the same reasons. Counts and times in a message, and all that is said while something
 * goes on, change all the time and are no news.
 */
export const sameUnhealthy = (some: readonly NotedHealth[], others: readonly NotedHealth[]): boolean =>
  textOf(some) === textOf(others);

const textOf = (noted: readonly NotedHealth[]): string =>
  noted
    .map(({ object, reason, message = "" }) =>
      JSON.stringify([object, reason, reason === "Progressing" ? "" : message.replaceAll(/\d+/g, "")]),
    )
    .toSorted()
    .join("\n");
