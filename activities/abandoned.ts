import { ownerOf } from "../domain/sync/tracking.ts";
import type { RawObject } from "../schemas/artifact.ts";

/** Whether an application is in the ledger, was deleted there, or was never heard of: then another Sluice may have it. */
export type Standing = "there" | "deleted" | "unknown";

/** How an application stands in the ledger. */
export type StandingOf = (application: string) => Promise<Standing>;

/** Of the applications that have live objects beside the one that asks, those that are not there. */
export async function abandoned(
  live: Iterable<RawObject | undefined>,
  application: string,
  standingOf: StandingOf,
): Promise<Map<string, Exclude<Standing, "there">>> {
  const owners = new Set([...live].flatMap((object) => (object && ownerOf(object)) ?? []));
  owners.delete(application);
  const gone = new Map<string, Exclude<Standing, "there">>();
  for (const owner of owners) {
    const standing = await standingOf(owner);
    if (standing !== "there") gone.set(owner, standing);
  }
  return gone;
}
