import { parsePromotionBranch } from "../../schemas/ids.ts";
import type { WebhookEvent } from "./event.ts";
import { at, text } from "./payload.ts";

/**
 * Something happened to a pull request. What is not of a promotion's branch is ignored by its event's name, which is told again: a
 * repository has many that are nobody's business here.
 */
export function pullRequest(found: {
  repoURLs: string[];
  number: unknown;
  /** Name of its branch, with or without `refs/heads/`. */
  branch: string | undefined;
  delivery?: string | undefined;
  sender?: string | undefined;
  event: string;
  /** Where the payload keeps them, for the message. */
  at: { repository: string; number: string };
}): WebhookEvent {
  const branch = found.branch?.replace(/^refs\/heads\//, "");
  if (branch === undefined || parsePromotionBranch(branch) === undefined)
    return { type: "ignored", event: found.event };
  if (typeof found.number !== "number" || !Number.isSafeInteger(found.number) || found.number < 1) {
    return { type: "malformed", path: found.at.number, message: "expected the number of the pull request" };
  }
  if (found.repoURLs.length === 0) {
    return { type: "malformed", path: found.at.repository, message: "expected the repository's address" };
  }
  return {
    ...{ type: "pullRequest", repoURLs: found.repoURLs, number: found.number, branch },
    ...(found.delivery === undefined ? {} : { delivery: found.delivery }),
    ...(found.sender === undefined ? {} : { sender: found.sender }),
  };
}

/** The name of a source branch where a payload has it as GitHub does. */
export const headBranch = (body: unknown): string | undefined => text(at(body, "pull_request"), "head", "ref");
