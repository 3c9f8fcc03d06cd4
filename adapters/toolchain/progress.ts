import type { ToolName } from "./pins.ts";

/** What `ensureTools` reports while it works. `index` counts from 1; seconds are wall time. */
export type ToolProgress =
  | { type: "building"; name: ToolName; index: number; of: number; elapsedSeconds: number; estimateSeconds: number }
  | { type: "waiting"; name: ToolName; index: number; of: number; pid: number }
  | { type: "built"; name: ToolName; index: number; of: number; elapsedSeconds: number; path: string };

/** One line for a person about one report. */
export function progressLine(progress: ToolProgress): string {
  const which = `[${progress.index}/${progress.of}] ${progress.name}`;
  switch (progress.type) {
    case "building":
      return `${which}: building, ${duration(progress.elapsedSeconds)} of about ${duration(progress.estimateSeconds)}`;
    case "waiting":
      return `${which}: waiting for process ${progress.pid}, which is building it`;
    case "built":
      return `${which}: built in ${duration(progress.elapsedSeconds)}`;
  }
}

/** Writes reports to a stream: one line rewritten in place on a terminal, one line per program elsewhere. */
export function progressPrinter(stream: NodeJS.WriteStream): (progress: ToolProgress) => void {
  return (progress) => {
    const line = progressLine(progress);
    if (stream.isTTY) stream.write(`\r\u001b[K${line}${progress.type === "built" ? "\n" : ""}`);
    else if (progress.type !== "building" || progress.elapsedSeconds === 0) stream.write(`${line}\n`);
  };
}

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
