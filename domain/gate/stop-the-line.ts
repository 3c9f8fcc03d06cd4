import { type GateInput, type Said, say } from "./input.ts";

const said = say("stopTheLine");

/** The global stop: while it holds, only rollbacks begin. */
export function judgeLine({ line, promotion }: GateInput): Said {
  if (!line.stopped) return said("pass", "LineRuns", "the line runs");
  const evidence = {
    ...(line.by !== undefined && { by: line.by }),
    ...(line.reason !== undefined && { reason: line.reason }),
  };
  if (promotion.trigger.type === "rollback") {
    return said("pass", "Rollback", "the line is stopped; a rollback does not wait for it", { evidence });
  }
  const who = line.by === undefined ? "" : ` by ${line.by}`;
  const why = line.reason === undefined ? "" : `: ${line.reason}`;
  return said("wait", "LineStopped", `the line was stopped${who}${why}; it goes on when it is resumed`, { evidence });
}
