const STEPS = [
  ["d", 86_400],
  ["h", 3_600],
  ["m", 60],
  ["s", 1],
] as const;

/** A time span in its largest unit, as kubectl shows it: `45s`, `12m`, `3h`, `9d`. */
export function formatSpan(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  for (const [unit, size] of STEPS) if (seconds >= 2 * size) return `${Math.floor(seconds / size)}${unit}`;
  return `${seconds}s`;
}

/** How long ago an RFC 3339 time was. */
export const age = (at: string | undefined, now: number): string =>
  at === undefined || Number.isNaN(Date.parse(at)) ? "" : formatSpan(now - Date.parse(at));

/** Milliseconds as people read a duration: `350ms`, `4.2s`, `3m10s`. */
export function formatDuration(ms: number | undefined): string {
  if (ms === undefined) return "";
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)}s`;
  return `${Math.floor(ms / 60_000)}m${Math.round((ms % 60_000) / 1_000)}s`;
}
