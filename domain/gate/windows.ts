import type { PromotionWindow } from "../../schemas/kinds/gate.ts";
import type { SyncWindow } from "../../schemas/kinds/project.ts";
import { neverOpen } from "../window/check.ts";
import { closedFor } from "../window/passage.ts";
import { clocked, describeWindow, type WindowSubject } from "../window/window.ts";
import { instantOf, type Judged, type Said, say, textOf } from "./input.ts";

const said = say("window");

/** A freeze window as a sync window about every application. */
const asSyncWindow = (window: PromotionWindow): SyncWindow => ({
  ...window,
  applications: ["*"],
  namespaces: [],
  clusters: [],
  andOperator: false,
  manualSync: false,
  overrideRoles: [],
});

/** What a gate's windows are about: its stage, whatever goes into it. */
const subjectOf = (stage: string): WindowSubject => ({
  application: stage,
  namespace: "",
  cluster: { name: "", server: "" },
});

/** Whether windows that can be read let nothing in over the year to come. */
export const windowsNeverOpen = (windows: readonly PromotionWindow[], instant: number): boolean =>
  neverOpen(windows.map(asSyncWindow), subjectOf("any"), instant);

/** Whether the windows let a release in now: an open deny window beats everything, and of allow windows one has to be open. */
export function judgeWindows({ gate, stage, now }: Judged): Said {
  const windows = (gate.windows ?? []).map(asSyncWindow);
  const instant = instantOf(now);
  const unreadable = windows.find((window) => clocked(window) === undefined);
  if (unreadable) {
    return said("block", "WindowUnreadable", `the window "${describeWindow(unreadable)}" can't be read; change it`);
  }
  const closed = closedFor(windows, subjectOf(stage), instant);
  if (!closed) {
    const turns = nextTurn(windows, instant);
    return said("pass", "WindowOpen", "no window is in the way", turns === undefined ? {} : { until: textOf(turns) });
  }
  const blocking = closed.blocking.map(describeWindow);
  const which = `"${blocking[0]}"${blocking.length > 1 ? ` and ${blocking.length - 1} more` : ""}`;
  const what = closed.blocking[0]?.kind === "deny" ? `the window ${which} is open` : `no window is open: ${which}`;
  const evidence = { windows: blocking.slice(0, 10) };
  if (closed.until === undefined) {
    return said("wait", "WindowClosed", `${what}; it never ends, until the windows are changed`, { evidence });
  }
  const until = textOf(closed.until);
  return said("wait", "WindowClosed", `${what}; it goes on at ${until}`, { evidence, until });
}

/** When the first of the windows turns. */
function nextTurn(windows: readonly SyncWindow[], instant: number): number | undefined {
  const turns = windows.flatMap((window) => {
    const state = clocked(window)?.at(instant);
    return state?.closes ?? state?.opens ?? [];
  });
  return turns.length === 0 ? undefined : Math.min(...turns);
}
