import { SluiceError } from "../../schemas/errors.ts";
import type { ApplicationEvent } from "../../schemas/events/index.ts";
import type { Actor } from "../../schemas/operation.ts";
import type { ApplicationState, Drifted } from "../application/state.ts";
import { same } from "../application/same.ts";
import { type AfterBreakGlass, LONGEST_MS } from "./state.ts";

type DataOf<Type extends ApplicationEvent["type"]> = Extract<ApplicationEvent, { type: Type }>["data"];

/** What can be asked of a break-glass. Times are RFC 3339. */
export type BreakGlassCommand =
  /** Conflict while another one is on. */
  | {
      type: "StartBreakGlass";
      id: string;
      at: string;
      until: string;
      reason: string;
      people: string[];
      by: Actor;
      then: AfterBreakGlass;
      branch?: string;
    }
  /** Another end, later or sooner. Conflict when none is on. */
  | { type: "ExtendBreakGlass"; at: string; until: string; by: Actor }
  /** Conflict when none is on; one whose difference was refused may be told again what shall become of it. */
  | { type: "EndBreakGlass"; at: string; by: Actor; then?: AfterBreakGlass; branch?: string }
  /** Ends the one of this id when its time is over; says nothing of any other. */
  | { type: "ExpireBreakGlass"; id: string; at: string; by: Actor }
  | ({ type: "ResolveBreakGlass" } & DataOf<"BreakGlassResolved">);

/** What a command of the break-glass makes happen; [] when there is nothing new to say. */
export function decideBreakGlass(command: BreakGlassCommand, state: ApplicationState): ApplicationEvent[] {
  switch (command.type) {
    case "StartBreakGlass":
      return start(command, state);
    case "ExtendBreakGlass": {
      const { id } = active(state);
      checkTime(command);
      return [{ type: "BreakGlassExtended", data: { id, until: command.until, by: command.by } }];
    }
    case "EndBreakGlass": {
      return [{ type: "BreakGlassEnded", data: end(command, state) }];
    }
    case "ExpireBreakGlass": {
      const { breakGlass } = state;
      const over = breakGlass?.id === command.id && Date.parse(breakGlass.until) <= Date.parse(command.at);
      if (!over || breakGlass.ended) return [];
      return [{ type: "BreakGlassEnded", data: { id: command.id, why: "Expired", by: command.by, at: command.at } }];
    }
    case "ResolveBreakGlass": {
      const { type: _, ...data } = command;
      return state.breakGlass?.id === data.id && state.breakGlass.ended ? [{ type: "BreakGlassResolved", data }] : [];
    }
  }
}

function start(
  command: Extract<BreakGlassCommand, { type: "StartBreakGlass" }>,
  { configuration, breakGlass }: ApplicationState,
): ApplicationEvent[] {
  const { type: _, at, ...rest } = command;
  if (!configuration) throw new SluiceError("NotFound", "there is no application of this name");
  if (breakGlass?.id === rest.id) return [];
  if (breakGlass) {
    const how = breakGlass.ended ? "is being resolved" : `is on until ${breakGlass.until}`;
    throw new SluiceError("Conflict", `a break-glass of ${breakGlass.by.name} ${how}`, {
      next: breakGlass.ended ? "wait until it is, then start another one" : "extend it, or end it first",
    });
  }
  checkTime({ at, until: rest.until });
  checkBranch(rest);
  return [{ type: "BreakGlassStarted", data: { ...rest, startedAt: at } }];
}

function end(
  command: Extract<BreakGlassCommand, { type: "EndBreakGlass" }>,
  state: ApplicationState,
): DataOf<"BreakGlassEnded"> {
  const { then, branch, at, by } = command;
  const { breakGlass } = state;
  const { id } = breakGlass?.refused === undefined ? active(state) : breakGlass;
  checkBranch({ then, branch: branch ?? breakGlass?.branch });
  const after = then === undefined ? {} : { then, ...(branch !== undefined && { branch }) };
  return { id, why: "Ended", by, at, ...after };
}

function checkBranch({ then, branch }: { then?: AfterBreakGlass | undefined; branch?: string | undefined }): void {
  if (then !== "Commit" || branch !== undefined) return;
  throw new SluiceError("InvalidInput", "a branch is needed to commit the difference to", {
    next: "name it with --branch",
  });
}

function active({ breakGlass }: ApplicationState): { id: string } {
  if (!breakGlass || breakGlass.ended) {
    throw new SluiceError("Conflict", "no break-glass is on", { next: "see them all with: sluice break-glass list" });
  }
  return breakGlass;
}

function checkTime({ at, until }: { at: string; until: string }): void {
  const left = Date.parse(until) - Date.parse(at);
  if (left > 0 && left <= LONGEST_MS) return;
  throw new SluiceError("InvalidInput", "a break-glass lasts up to 24 hours from now", {
    next: "take a shorter time; it can be extended while it is on",
  });
}

/** What was changed by hand since the drift before, and what was taken back; nothing while no break-glass is on. */
export function manualChanges(
  state: Pick<ApplicationState, "breakGlass" | "drift">,
  drifted: readonly Drifted[],
  at: string,
): ApplicationEvent[] {
  const { breakGlass } = state;
  if (!breakGlass || breakGlass.ended) return [];
  const { id } = breakGlass;
  const before = new Map(state.drift.map((entry) => [entry.object, entry]));
  const now = new Set(drifted.map(({ object }) => object));
  const changed = drifted.filter((entry) => !same(said(entry), said(before.get(entry.object))));
  const restored = state.drift.filter(({ object }) => !now.has(object));
  return [
    ...changed.map(({ object, change, fields = [], more, authors = [] }): ApplicationEvent => ({
      type: "ManualChangeRecorded",
      data: { id, object, change, fields, ...(more !== undefined && { more }), authors, at },
    })),
    ...restored.map(({ object }): ApplicationEvent => ({
      type: "ManualChangeRecorded",
      data: { id, object, change: "restored", fields: [], authors: [], at },
    })),
  ];
}

/** What makes a change another one: the same fields with the same values are no news. */
const said = (entry: Drifted | undefined) =>
  entry && { uid: entry.uid, change: entry.change, fields: entry.fields, more: entry.more };
