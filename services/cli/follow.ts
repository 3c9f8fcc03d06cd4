import type { Accepted, EventView } from "../../schemas/api/bodies.ts";
import { ERRORS, isErrorCode, SluiceError } from "../../schemas/errors.ts";
import { durationMs } from "../../schemas/kinds/metadata.ts";
import { formatDuration } from "./age.ts";
import { type Context, usage } from "./context.ts";
import { status } from "./io.ts";
import { createProgress } from "./progress.ts";
import { LOOK_MS, waitsTeller } from "./waits.ts";

/** How an operation ended, as its terminal event says, and the exit code for it. */
export interface Ending {
  result: string;
  text: string;
  exit: number;
  /** Operation that took its place. */
  by?: string;
}

const DEFAULT_TIMEOUT = "15m";

/** Milliseconds of a --timeout. Throws Usage for what is no duration. */
export function timeoutMs(text: string | undefined, fallback = DEFAULT_TIMEOUT): number {
  const given = text ?? fallback;
  if (/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(given)) return durationMs(given);
  if (/^\d+$/.test(given)) return Number(given) * 1_000;
  throw usage(`${given} is not a duration`, "Write it as 90s, 5m or 1h30m.");
}

const revision = (data: EventView["data"]): string =>
  typeof data["revision"] === "string" ? ` at ${data["revision"].slice(0, 8)}` : "";

const took = (data: EventView["data"]): string =>
  typeof data["durationMs"] === "number" ? ` in ${formatDuration(data["durationMs"])}` : "";

function countsText(data: EventView["data"]): string {
  const counts = data["counts"] as Record<string, number> | undefined;
  if (!counts) return "";
  const parts = Object.entries(counts).filter(([, count]) => count > 0);
  return parts.length === 0 ? "" : ` (${parts.map(([what, count]) => `${count} ${what}`).join(", ")})`;
}

/** The end that an event is for its operation; undefined when it is not a terminal one. */
export function endingOf({ type, data }: EventView): Ending | undefined {
  switch (type) {
    case "SyncSucceeded":
      return { result: "Succeeded", text: `${revision(data)}${took(data)}${countsText(data)}`, exit: 0 };
    case "ComparisonRecorded":
      return { result: String(data["sync"]), text: `${revision(data)}${took(data)}${countsText(data)}`, exit: 0 };
    case "DryRunRecorded": {
      const failed = (data["counts"] as Record<string, number> | undefined)?.["failed"] ?? 0;
      const exit = failed > 0 ? ERRORS.ApplyFailed.exit : 0;
      return { result: "DryRun", text: `${revision(data)}${took(data)}${countsText(data)}`, exit };
    }
    case "SyncFailed":
    case "ComparisonFailed": {
      const code = data["code"];
      const exit = isErrorCode(code) ? ERRORS[code].exit : ERRORS.ApplyFailed.exit;
      return { result: "Failed", text: `${took(data)}: ${String(data["message"])}`, exit };
    }
    case "SyncTimedOut":
      return { result: "TimedOut", text: took(data), exit: ERRORS.Timeout.exit };
    case "SyncTerminated":
      return { result: "Terminated", text: took(data), exit: ERRORS.Terminated.exit };
    case "SyncSuperseded":
      return { result: "Superseded", text: ` by ${String(data["by"])}`, exit: 0, by: String(data["by"]) };
    default:
      return undefined;
  }
}

/**
 * Shows operations until each has ended and returns the worst exit code. One that a newer one took the place of ends with that one.
 * Throws Timeout when the time is over.
 */
export async function followOperations(
  context: Context,
  accepted: readonly Accepted[],
  timeout?: string,
): Promise<number> {
  const { client, io } = context;
  const limit = timeoutMs(timeout);
  const aborter = new AbortController();
  const timer = setTimeout(() => aborter.abort(), limit);
  const open = new Map(accepted.map((one) => [one.application, one.operation]));
  const progress = createProgress(io, context.options.quiet ?? false);
  const said = new Map<string, string>();
  const say = (name: string, text: string): void => {
    said.set(name, text);
    progress.set(name, text);
  };
  for (const name of open.keys()) say(name, status(io, "waiting"));
  const endings: Ending[] = [];
  const tellWaits = waitsTeller(client, { open, said, say: (name, text) => progress.set(name, text) });
  const looking = setInterval(() => void tellWaits(), LOOK_MS);
  try {
    const after = Math.min(...accepted.map((one) => one.sequence));
    for await (const { data: event } of client.events({}, { after, signal: aborter.signal })) {
      if (event) step(event, { open, endings, say, io });
      if (open.size === 0) return Math.max(0, ...endings.map(({ exit }) => exit));
    }
  } finally {
    clearTimeout(timer);
    clearInterval(looking);
    aborter.abort();
    progress.stop();
  }
  throw new SluiceError("Timeout", `After ${formatDuration(limit)}, not ended: ${[...open.keys()].join(", ")}`, {
    next: `It goes on without being watched. Look why with: sluice why ${[...open.keys()][0]}`,
  });
}

interface Following {
  open: Map<string, string>;
  endings: Ending[];
  say(name: string, text: string): void;
  io: Context["io"];
}

/** What a running operation waits for, as its event says; undefined where it is none of these. */
function interimOf({ type, data, aggregate }: EventView, io: Context["io"]): string | undefined {
  switch (type) {
    case "SyncRetryScheduled":
      return `${status(io, "Failed")}, attempt ${String(data["attempt"])} at ${String(data["at"])}: ${String(data["message"])}`;
    case "PruneConfirmationRequested":
      return `${status(io, "Held")}: ${String(data["count"])} objects are only deleted after: sluice app confirm ${aggregate.name}`;
    case "PruneConfirmed":
      return status(io, "Running");
    default:
      return undefined;
  }
}

function step(event: EventView, { open, endings, say, io }: Following): void {
  const { name } = event.aggregate;
  if (event.aggregate.type !== "application") return;
  const mine = open.get(name);
  if (mine === undefined || event.data["operation"] !== mine) return;
  const interim = interimOf(event, io);
  if (interim !== undefined) say(name, interim);
  if (event.type === "OperationHeld") say(name, `${status(io, "Held")}: ${String(event.data["message"])}`);
  if (event.type === "OperationStarted")
    say(name, `${status(io, "Running")}${revision(event.data)}${countsText(event.data)}`);
  const ending = endingOf(event);
  if (!ending) return;
  say(name, `${status(io, ending.result)}${ending.text}`);
  if (ending.by !== undefined) open.set(name, ending.by);
  else {
    endings.push(ending);
    open.delete(name);
  }
}
