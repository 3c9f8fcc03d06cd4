import { nearest } from "../../schemas/api/nearest.ts";
import { durationMs } from "../../schemas/kinds/metadata.ts";
import type { ProjectSpec, SyncWindow } from "../../schemas/kinds/project.ts";
import type { Finding } from "../configuration/references.ts";
import { parseCron } from "./cron.ts";
import { closedFor } from "./passage.ts";
import { createSchedule } from "./schedule.ts";
import { timeZone } from "./time-zone.ts";
import type { WindowSubject } from "./window.ts";

/** What is wrong with a project's sync windows, in places such as `spec.syncWindows.0.schedule`. `instant` is now. */
export function checkWindows(spec: ProjectSpec, instant: number): Finding[] {
  const roles = (spec.roles ?? []).map(({ name }) => name);
  return (spec.syncWindows ?? []).flatMap((window, index) =>
    checkWindow(window, { roles, instant }).map(({ path, ...finding }) => ({
      path: `spec.syncWindows.${index}${path === "" ? "" : `.${path}`}`,
      ...finding,
    })),
  );
}

function checkWindow(window: SyncWindow, { roles, instant }: { roles: string[]; instant: number }): Finding[] {
  return [...checkTime(window, instant), ...checkSubject(window), ...checkRoles(window, roles)];
}

/** A leap year: what is closed for longer is closed for good, and needs no window. */
const MOST_MS = 366 * 86_400_000;

/** Whether windows let nothing through at any time of the year to come: denied without an end, or the allowed times all denied. */
export function neverOpen(windows: readonly SyncWindow[], subject: WindowSubject, instant: number): boolean {
  const end = instant + MOST_MS;
  let at = instant;
  for (let looked = 0; looked < MOST_LOOKS && at <= end; looked += 1) {
    const closed = closedFor(windows, subject, at);
    if (!closed) return false;
    if (closed.until === undefined) return true;
    at = Math.max(closed.until, at + 60_000);
  }
  return at > end;
}

/** Looks at windows over a year; what turns more often than that is taken to open. */
const MOST_LOOKS = 20;

/** What is wrong with when a window is open, in places such as `schedule`. */
export function checkTime(window: Pick<SyncWindow, "schedule" | "timeZone" | "duration">, instant: number): Finding[] {
  const cron = parseCron(window.schedule);
  const zone = timeZone(window.timeZone);
  const findings: Finding[] = [];
  if ("problem" in cron) {
    const next = 'write it as cron does: "0 22 * * 1-5" is ten in the evening from Monday to Friday';
    findings.push({ path: "schedule", message: `the schedule is not a cron expression: ${cron.problem}`, next });
  }
  if (!zone) {
    const next = "use an IANA name such as Europe/Berlin, America/New_York or UTC";
    findings.push({ path: "timeZone", message: `there is no time zone ${window.timeZone}`, next });
  }
  const duration = durationMs(window.duration);
  if (duration < 60_000 || duration > MOST_MS) {
    const message = `a window is open for a minute at least and ${MOST_MS / 86_400_000} days at most`;
    findings.push({ path: "duration", message, next: "write it as 30m, 8h or 168h" });
  }
  if (!("problem" in cron) && zone && createSchedule(cron, zone).next(instant) === undefined) {
    const message = `the window never opens: there is no day that fits ${window.schedule}`;
    findings.push({ path: "schedule", message, next: "choose a day that there is" });
  }
  return findings;
}

function checkSubject({ applications, namespaces, clusters }: SyncWindow): Finding[] {
  if (applications.length + namespaces.length + clusters.length > 0) return [];
  const message = "the window is about nothing: it names no applications, namespaces or clusters";
  return [{ path: "", message, next: "add applications: ['*'] for all of the project" }];
}

function checkRoles({ overrideRoles }: SyncWindow, roles: string[]): Finding[] {
  return overrideRoles.flatMap((role, index) => {
    if (roles.includes(role)) return [];
    const meant = nearest(role, roles);
    const next = meant ? `did you mean ${meant}?` : "add it under spec.roles, with its members";
    return [{ path: `overrideRoles.${index}`, message: `the project has no role ${role}`, next }];
  });
}
