import { isFullRef } from "../routing/ref.ts";

/** A webhook whose signature was already checked: its headers (names in lower case) and its parsed body. */
export interface Delivered {
  headers: Readonly<Record<string, string | undefined>>;
  body: unknown;
}

/** What a webhook says, provider's shape left behind. It never carries state: whoever acts re-reads the repository. */
export type WebhookEvent =
  | {
      type: "push";
      /** Every address the payload gives the repository: https, ssh, web page. */
      repoURLs: string[];
      /** Full refs that moved, came or went; `*` when the sender does not say. */
      refs: string[];
      /** The provider's id of this delivery, the same when it is sent again; absent where it sends none. */
      delivery?: string;
      /** Who pushed, as the provider names them. */
      sender?: string;
    }
  | {
      /** Something happened to the pull request of a promotion: what, is read from the provider. */
      type: "pullRequest";
      repoURLs: string[];
      number: number;
      /** Its source branch, without `refs/heads/`; `parsePromotionBranch` reads it. */
      branch: string;
      delivery?: string;
      sender?: string;
    }
  | {
      /** Something was pushed to a registry. */
      type: "registry";
      /** Places of images and charts, as in `ghcr.io/acme/web`. */
      images: string[];
      delivery?: string;
      sender?: string;
    }
  | { type: "ping"; sentence: string }
  | { type: "ignored"; event: string }
  | { type: "malformed"; path: string; message: string };

/** The pure reading of one provider's payload. */
export type Normalise = (delivered: Delivered) => WebhookEvent;

/** More refs than this in one delivery are taken as "anything may have moved". */
export const MAX_REFS = 20;

/** A push of the given refs, or what is wrong with it. */
export function push(found: {
  repoURLs: string[];
  refs: readonly (string | undefined)[];
  delivery?: string | undefined;
  sender?: string | undefined;
  /** Where the payload keeps them, for the message. */
  at: { repository: string; refs: string };
}): WebhookEvent {
  if (found.repoURLs.length === 0) {
    return { type: "malformed", path: found.at.repository, message: "expected the repository's address" };
  }
  if (found.refs.length === 0) return { type: "malformed", path: found.at.refs, message: "expected at least one ref" };
  const refs: string[] = [];
  for (const ref of new Set(found.refs)) {
    if (ref === undefined || !(ref === "*" || isFullRef(ref))) {
      return { type: "malformed", path: found.at.refs, message: "expected a full ref such as refs/heads/main" };
    }
    refs.push(ref);
  }
  return {
    type: "push",
    repoURLs: found.repoURLs,
    refs: refs.length > MAX_REFS || refs.includes("*") ? ["*"] : refs,
    ...(found.delivery === undefined ? {} : { delivery: found.delivery }),
    ...(found.sender === undefined ? {} : { sender: found.sender }),
  };
}

/** The full ref of a short name and its kind, as `create` and `delete` events and Bitbucket Cloud name it. */
export function fullRef(kind: string | undefined, name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  if (kind === "branch") return `refs/heads/${name}`;
  return kind === "tag" ? `refs/tags/${name}` : undefined;
}
