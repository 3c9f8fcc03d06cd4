import type { ApplicationView } from "../../schemas/views.ts";
import { FLAPPING_CALM_MS } from "../drift/back-off.ts";
import type { DriftEvent } from "../drift/events.ts";

type DataOf<Type extends DriftEvent["type"]> = Extract<DriftEvent, { type: Type }>["data"];

/** The newest manual changes that a view lists; all are in the ledger. */
const LISTED_CHANGES = 50;

/** What the application's view shows of remediations and of the break-glass after an event about them. */
export function foldRemedy(
  view: ApplicationView,
  event: Exclude<DriftEvent, { type: "DriftDetected" | "DriftResolved" }>,
): ApplicationView {
  switch (event.type) {
    case "RemediationRequested": {
      const { operation, at } = event.data;
      const { flapping } = view.remediation ?? {};
      const goesOn = flapping !== undefined && Date.parse(at) - Date.parse(flapping.nextAt) <= FLAPPING_CALM_MS;
      return { ...view, remediation: { operation, at, ...(goesOn && { flapping }) } };
    }
    case "FlappingDetected":
      return view.remediation === undefined
        ? view
        : { ...view, remediation: { ...view.remediation, flapping: event.data } };
    case "BreakGlassStarted":
      return { ...view, breakGlass: { ...event.data, changes: 0, changed: [] } };
    case "BreakGlassExtended":
      return during(view, event.data.id, (before) => ({ ...before, until: event.data.until }));
    case "BreakGlassEnded": {
      return during(view, event.data.id, (before) => ended(before, event.data));
    }
    case "ManualChangeRecorded":
      return during(view, event.data.id, (breakGlass) => changed(breakGlass, event.data));
    case "BreakGlassResolved": {
      const { id, how, message = "" } = event.data;
      if (view.breakGlass?.id !== id) return view;
      if (how === "Refused") return during(view, id, (before) => ({ ...before, refused: message }));
      const { breakGlass: _, ...rest } = view;
      return rest;
    }
  }
}

type BreakGlassView = NonNullable<ApplicationView["breakGlass"]>;

function during(
  view: ApplicationView,
  id: string,
  change: (before: BreakGlassView) => BreakGlassView,
): ApplicationView {
  return view.breakGlass?.id === id ? { ...view, breakGlass: change(view.breakGlass) } : view;
}

function ended(before: BreakGlassView, { why, by, at, then, branch }: DataOf<"BreakGlassEnded">): BreakGlassView {
  const { refused: _, ...rest } = before;
  return {
    ...rest,
    ended: { why, by, at },
    ...(then !== undefined && { then }),
    ...(branch !== undefined && { branch }),
  };
}

function changed(before: BreakGlassView, change: DataOf<"ManualChangeRecorded">): BreakGlassView {
  const { id: _, ...data } = change;
  const others = before.changed.filter(({ object }) => object !== data.object);
  return { ...before, changes: before.changes + 1, changed: [...others, data].slice(-LISTED_CHANGES) };
}
