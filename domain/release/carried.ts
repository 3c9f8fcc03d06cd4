import { createPattern, type Effort } from "../pattern/pattern.ts";
import type { CarriedCommit } from "./command.ts";

/** A commit as its repository has it. */
export interface FoundCommit {
  commit: string;
  author: { name: string; email: string };
  /** RFC 3339: when it was committed. */
  at: string;
  /** The whole message. */
  message: string;
}

const SUBJECT_LENGTH = 200;
const MESSAGE_LENGTH = 10_000;
const TICKETS = 20;

/** Commits as a release names them: the first line of their messages, and the tickets in them. */
export function carriedCommits(
  subscription: string,
  commits: readonly FoundCommit[],
  { ticketPattern, effort }: { ticketPattern: string; effort: Effort },
): CarriedCommit[] {
  const pattern = ticketPattern === "" ? undefined : createPattern(ticketPattern);
  return commits.map(({ commit, author, at, message }) => {
    const tickets = pattern?.all(message.slice(0, MESSAGE_LENGTH), effort, 100) ?? [];
    return {
      subscription,
      commit,
      subject: shortened(message),
      author,
      at,
      tickets: [...new Set(tickets)].filter((ticket) => ticket.length <= 100).slice(0, TICKETS),
    };
  });
}

function shortened(message: string): string {
  const line = (message.split("\n", 1)[0] ?? "").replaceAll(/\p{Cc}/gu, " ").trim();
  return line.length <= SUBJECT_LENGTH ? line : `${line.slice(0, SUBJECT_LENGTH - 1)}…`;
}
