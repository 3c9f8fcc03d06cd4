import type { SyncWindow } from "../../schemas/kinds/project.ts";
import { clocked, type Clocked, concerns, type WindowState, type WindowSubject } from "./window.ts";

/** Windows that are in the way of a sync, and when the way is free again. */
export interface Closed {
  /** Open deny windows, or else the allow windows of which none is open. */
  blocking: SyncWindow[];
  /** The first instant without any in the way, or the last that was looked at; absent when that is never. */
  until?: number;
}

/** So many turns of windows are looked ahead, and so far: each costs a look at every window. */
const MOST_TURNS = 100;
const HORIZON_MS = 366 * 86_400_000;

/**
 * What keeps an application from being synced at an instant, undefined when nothing does. A deny window beats an allow window, and where
 * there is any allow window it is closed unless one is open: as Argo CD has it.
 */
export function closedFor(windows: readonly SyncWindow[], subject: WindowSubject, instant: number): Closed | undefined {
  const mine = windows.filter((window) => concerns(window, subject)).flatMap((window) => clocked(window) ?? []);
  const now = look(mine, instant);
  if (now.blocking.length === 0) return undefined;
  const until = freeFrom(mine, now.turns, instant + HORIZON_MS);
  return { blocking: now.blocking, ...(until !== undefined && { until }) };
}

function freeFrom(windows: readonly Clocked[], turn: number | undefined, horizon: number): number | undefined {
  let instant = turn;
  for (let turns = 0; instant !== undefined && instant < horizon && turns < MOST_TURNS; turns += 1) {
    const then = look(windows, instant);
    if (then.blocking.length === 0) return instant;
    instant = then.turns;
  }
  return instant;
}

/** What is in the way at an instant, and when any of the windows turns next. */
function look(windows: readonly Clocked[], instant: number): { blocking: SyncWindow[]; turns: number | undefined } {
  const states = windows.map(({ window, at }) => ({ window, state: at(instant) }));
  const denying = states.filter(({ window, state }) => window.kind === "deny" && state.open);
  const allowing = states.filter(({ window }) => window.kind === "allow");
  const shut = allowing.length > 0 && allowing.every(({ state }) => !state.open);
  const blocking = denying.length > 0 ? denying : shut ? allowing : [];
  return { blocking: blocking.map(({ window }) => window), turns: soonest(states.map(({ state }) => state)) };
}

function soonest(states: readonly WindowState[]): number | undefined {
  const turns = states.flatMap(({ closes, opens }) => closes ?? opens ?? []);
  return turns.length === 0 ? undefined : Math.min(...turns);
}
