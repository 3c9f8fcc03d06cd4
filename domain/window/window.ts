import { durationMs } from "../../schemas/kinds/metadata.ts";
import type { SyncWindow } from "../../schemas/kinds/project.ts";
import { globMatches } from "../project/glob.ts";
import { parseCron } from "./cron.ts";
import { createSchedule, type Schedule } from "./schedule.ts";
import { timeZone } from "./time-zone.ts";

/** A sync window and where it stands at an instant. */
export interface WindowState {
  open: boolean;
  /** When it closes, an open one; a lower bound where it stays open for very long. */
  closes?: number;
  /** When it opens, a closed one; absent when it never does. */
  opens?: number;
}

/** A sync window that can be asked where it stands. */
export interface Clocked {
  window: SyncWindow;
  at(instant: number): WindowState;
}

/** Openings that follow each other so closely that the window never closes are followed this far. */
const MOST_JOINED = 32;
const FAR_MS = 366 * 86_400_000;

/** A window with its clock, or undefined when its schedule or time zone is none; those are refused when it is applied. */
export function clocked(window: SyncWindow): Clocked | undefined {
  const cron = parseCron(window.schedule);
  const zone = timeZone(window.timeZone);
  const duration = durationMs(window.duration);
  if ("problem" in cron || !zone || duration <= 0) return undefined;
  const schedule = createSchedule(cron, zone);
  return { window, at: (instant) => stateAt(schedule, duration, instant) };
}

function stateAt(schedule: Schedule, duration: number, instant: number): WindowState {
  const opened = schedule.latest(instant, instant - duration);
  if (opened === undefined) {
    const opens = schedule.next(instant);
    return { open: false, ...(opens !== undefined && { opens }) };
  }
  let closes = opened + duration;
  for (let joined = 0; joined < MOST_JOINED && closes - instant < FAR_MS; joined += 1) {
    const again = schedule.latest(closes, closes - duration);
    if (again === undefined || again + duration <= closes) break;
    closes = again + duration;
  }
  return { open: true, closes };
}

/** What windows are about: an application and where it goes. */
export interface WindowSubject {
  application: string;
  namespace: string;
  cluster: { name: string; server: string };
}

/**
 * Whether a window is about an application. A list that is empty says nothing; of those that say something one has to match, with
 * `andOperator` all. One that says nothing at all is about none, as in Argo CD.
 */
export function concerns(window: SyncWindow, { application, namespace, cluster }: WindowSubject): boolean {
  const matches = (globs: readonly string[], ...texts: string[]): boolean =>
    globs.some((glob) => texts.some((text) => globMatches(glob, text)));
  const said = [
    { globs: window.applications, texts: [application] },
    { globs: window.namespaces, texts: [namespace] },
    { globs: window.clusters, texts: [cluster.name, cluster.server] },
  ].filter(({ globs }) => globs.length > 0);
  if (said.length === 0) return false;
  const holds = ({ globs, texts }: (typeof said)[number]): boolean => matches(globs, ...texts);
  return window.andOperator ? said.every(holds) : said.some(holds);
}

/** The window as it is written, in one line. */
export function describeWindow({ kind, schedule, duration, timeZone: zone, description }: SyncWindow): string {
  return `${kind} ${schedule} for ${duration} (${zone})${description === undefined ? "" : `: ${description}`}`;
}
