import { durationMs } from "../../schemas/kinds/metadata.ts";
import type { SyncWindow } from "../../schemas/kinds/project.ts";
import { globMatches } from "../project/glob.ts";
import { type Cron, isEveryDay, parseCron } from "./cron.ts";
import { createSchedule, type Schedule } from "./schedule.ts";
import { timeZone } from "./time-zone.ts";

/** A sync window and where it stands at an instant. */
export interface WindowState {
  open: boolean;
  /** When it closes, an open one; absent where it stays open, and a lower bound where openings follow each other very often. */
  closes?: number;
  /** When it opens, a closed one; absent when it never does. */
  opens?: number;
}

/** A sync window that can be asked where it stands. */
export interface Clocked {
  window: SyncWindow;
  at(instant: number): WindowState;
}

/** Openings that follow each other so closely that the window does not close between them are followed this far. */
const MOST_JOINED = 400;
/** What stays open for longer is said to stay open. */
const FAR_MS = 366 * 86_400_000;
const DAY_MS = 86_400_000;

/** A window with its clock, or undefined when its schedule or time zone is none; those are refused when it is applied. */
export function clocked(window: SyncWindow): Clocked | undefined {
  const cron = parseCron(window.schedule);
  const zone = timeZone(window.timeZone);
  const duration = durationMs(window.duration);
  if ("problem" in cron || !zone || duration <= 0) return undefined;
  const schedule = createSchedule(cron, zone);
  const always = neverCloses(cron, duration);
  return { window, at: (instant) => (always ? { open: true } : stateAt(schedule, duration, instant)) };
}

/** Whether it opens every day, and each time before it would have closed. */
function neverCloses(cron: Cron, duration: number): boolean {
  if (!isEveryDay(cron)) return false;
  const openings = [...cron.hours].flatMap((hour) => [...cron.minutes].map((minute) => (hour * 60 + minute) * 60_000));
  const sorted = openings.sort((a, b) => a - b);
  const gaps = sorted.map((at, index) => (sorted[index + 1] ?? sorted[0]! + DAY_MS) - at);
  return gaps.every((gap) => gap <= duration);
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
  return closes - instant < FAR_MS ? { open: true, closes } : { open: true };
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
