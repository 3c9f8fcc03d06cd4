import type { Actor } from "../../schemas/operation.ts";

/** What becomes of the difference when a break-glass is over. */
export type AfterBreakGlass = "PutBack" | "Commit";

/** A suspension of self-heal, from its start until what was changed meanwhile is put back or committed. */
export interface BreakGlass {
  id: string;
  /** RFC 3339. */
  startedAt: string;
  until: string;
  reason: string;
  /** Who may deploy by hand meanwhile; empty for everybody. */
  people: string[];
  by: Actor;
  then: AfterBreakGlass;
  branch?: string | undefined;
  /** It is over, and the difference still there. */
  ended: boolean;
  /** Why the difference could not be committed; it stays until somebody says what shall become of it. */
  refused?: string;
  /** Objects changed by hand, at most `REMEMBERED_CHANGES`, the newest at the end. */
  changed: string[];
  /** Field managers that made the changes, at most `REMEMBERED_MANAGERS`. */
  managers: string[];
}

export const REMEMBERED_CHANGES = 1_000;
export const REMEMBERED_MANAGERS = 50;
/** The longest a break-glass may last from now on, so that nobody forgets it for good. */
export const LONGEST_MS = 24 * 60 * 60 * 1_000;
