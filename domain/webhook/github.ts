import { fullRef, push, type Delivered, type WebhookEvent } from "./event.ts";
import { githubPackage } from "./registry.ts";
import { at, deliveryId, label, text, texts } from "./payload.ts";

export { deliveryId, label } from "./payload.ts";
import { headBranch, pullRequest } from "./pull-request.ts";

const ADDRESSES = [["clone_url"], ["ssh_url"], ["html_url"], ["url"], ["git_url"]];

/**
 * GitHub's `push` (which also tells of tags and deletions), `create`, `delete` and `ping`, by X-GitHub-Event and
 * X-GitHub-Delivery. Source: docs.github.com/webhooks/webhook-events-and-payloads.
 */
export function github({ headers, body }: Delivered): WebhookEvent {
  return githubLike(body, headers["x-github-event"], headers["x-github-delivery"]);
}

/**
 * Gitea's and Forgejo's events, which keep GitHub's shape under their own header names. Sources:
 * docs.gitea.com/usage/webhooks, forgejo.org/docs/latest/user/webhooks.
 */
export function gitea({ headers, body }: Delivered): WebhookEvent {
  return githubLike(
    body,
    headers["x-forgejo-event"] ?? headers["x-gitea-event"] ?? headers["x-gogs-event"] ?? headers["x-github-event"],
    headers["x-forgejo-delivery"] ??
      headers["x-gitea-delivery"] ??
      headers["x-gogs-delivery"] ??
      headers["x-github-delivery"],
  );
}

/** Gogs's events: tags come as `create` and `delete` only. Source: gogs.io/advancing/webhooks. */
export function gogs({ headers, body }: Delivered): WebhookEvent {
  return githubLike(body, headers["x-gogs-event"], headers["x-gogs-delivery"]);
}

function githubLike(body: unknown, event: string | undefined, delivery: string | undefined): WebhookEvent {
  if (event === "ping") return { type: "ping", sentence: "The webhook is set up: pushes will be taken from here." };
  if (event === undefined) return { type: "malformed", path: "headers", message: "expected the header with the event" };
  if (event === "package" || event === "registry_package") return githubPackage(body, event, delivery);
  if (event.startsWith("pull_request")) return githubPullRequest(body, event, delivery);
  if (event !== "push" && event !== "create" && event !== "delete") return { type: "ignored", event: label(event) };
  const ref = text(body, "ref");
  return push({
    repoURLs: texts(at(body, "repository"), ADDRESSES),
    refs: [event === "push" ? ref : fullRef(text(body, "ref_type"), ref)],
    delivery: deliveryId(delivery),
    sender: text(body, "sender", "login") ?? text(body, "sender", "username") ?? text(body, "pusher", "name"),
    at: { repository: "repository.clone_url", refs: "ref" },
  });
}

/** `pull_request` and what is said of one, such as a review: all carry it. */
function githubPullRequest(body: unknown, event: string, delivery: string | undefined): WebhookEvent {
  return pullRequest({
    repoURLs: texts(at(body, "repository"), ADDRESSES),
    number: at(body, "pull_request", "number"),
    branch: headBranch(body),
    delivery: deliveryId(delivery),
    sender: text(body, "sender", "login") ?? text(body, "sender", "username"),
    event: label(event),
    at: { repository: "repository.clone_url", number: "pull_request.number" },
  });
}
