import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * When a process started, in a form that differs between two processes that were given the same id one after the
 * other; undefined when there is no such process. Read from /proc, or from `ps` where there is none.
 */
export function processStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The program's name, in parentheses, may hold spaces; the 22nd field is the start in ticks since boot.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return process.platform === "linux" ? undefined : ask(pid, "lstart=");
  }
}

/** The command line of a process, its arguments joined by spaces; undefined when there is no such process. */
export function processCommand(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim() || undefined;
  } catch {
    return process.platform === "linux" ? undefined : ask(pid, "command=");
  }
}

/** Whether the process with this id runs and is the one that started then, not a later one with the same id. */
export function isSameProcess(pid: number, start: string): boolean {
  return processStart(pid) === start;
}

function ask(pid: number, field: string): string | undefined {
  try {
    return execFileSync("ps", ["-p", String(pid), "-o", field], { encoding: "utf8" }).trim() || undefined;
  } catch {
    return undefined;
  }
}
