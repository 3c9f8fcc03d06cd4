import { closeSync, mkdirSync, openSync, readSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** A log that has grown past this is set aside as `<file>.1` at the next start. */
const ROTATE_BYTES = 16 * 1024 * 1024;

/** Opens a log for appending and tells its length so far; the caller closes the descriptor. */
export function openLog(file: string): { descriptor: number; length: number } {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  if (lengthOf(file) > ROTATE_BYTES) renameSync(file, `${file}.1`);
  return { descriptor: openSync(file, "a", 0o600), length: lengthOf(file) };
}

/** The last lines that were written to a log after a position in it; at most 16 KiB are read. */
export function lastLines(file: string, after: number, count: number): string {
  const end = lengthOf(file);
  const from = Math.max(after, end - 16_384);
  if (end <= from) return "";
  const descriptor = openSync(file, "r");
  try {
    const buffer = Buffer.alloc(end - from);
    const length = readSync(descriptor, buffer, 0, buffer.length, from);
    return buffer.subarray(0, length).toString().trim().split("\n").slice(-count).join("\n");
  } finally {
    closeSync(descriptor);
  }
}

function lengthOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
