import type { Io } from "./io.ts";
import { harmless, textWidth } from "./table.ts";

/** Lines of progress, one for each thing in progress. */
export interface Progress {
  set(key: string, text: string): void;
  /** Leaves the lines as they are and stops drawing. */
  stop(): void;
}

const REDRAW_MS = 100;

/**
 * Progress on the error stream: on a terminal rows are drawn over in place, elsewhere each change is a line of its own. Nothing with
 * `quiet`.
 */
export function createProgress(io: Io, quiet: boolean): Progress {
  if (quiet) return { set: () => undefined, stop: () => undefined };
  return io.live ? liveProgress(io) : plainProgress(io);
}

function plainProgress(io: Io): Progress {
  const shown = new Map<string, string>();
  return {
    set(key, text) {
      if (shown.get(key) === text) return;
      shown.set(key, text);
      io.err(`${key}: ${harmless(text)}\n`);
    },
    stop: () => undefined,
  };
}

function liveProgress(io: Io): Progress {
  const rows = new Map<string, { text: string }>();
  let drawn = 0;
  const draw = (): void => {
    const up = drawn > 0 ? `\u001b[${drawn}A` : "";
    const width = Math.max(...[...rows.keys()].map(textWidth));
    const lines = [...rows].map(([key, { text }]) => {
      const line = `${key}${" ".repeat(width - textWidth(key))}   ${harmless(text)}`;
      return `\r\u001b[2K${fit(line, io.columns - 1)}\n`;
    });
    io.err(up + lines.join(""));
    drawn = rows.size;
  };
  const timer = setInterval(() => rows.size > 0 && draw(), REDRAW_MS);
  timer.unref();
  return {
    set(key, text) {
      rows.set(key, { text });
    },
    stop() {
      clearInterval(timer);
      if (rows.size > 0) draw();
    },
  };
}

/** A line cut to so many cells, so that it never wraps and drawing over stays in place. */
function fit(line: string, cells: number): string {
  if (textWidth(line) <= cells) return line;
  let kept = "";
  for (const char of line.replaceAll(/\u001b\[[0-9;]*m/g, "")) {
    if (textWidth(kept + char) > cells - 1) break;
    kept += char;
  }
  return `${kept}…`;
}
