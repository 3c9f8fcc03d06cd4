import { push, type Delivered, type WebhookEvent } from "./event.ts";
import { deliveryId, label } from "./github.ts";
import { at, list, text, texts } from "./payload.ts";
import { pullRequest } from "./pull-request.ts";

const ADDRESSES = [
  ["project", "git_http_url"],
  ["project", "git_ssh_url"],
  ["project", "web_url"],
  ["repository", "git_http_url"],
  ["repository", "git_ssh_url"],
];

/**
 * GitLab's `push`, `tag_push` and `merge_request` hooks and the system hook `repository_update`. Idempotency-Key (17.4 and later) is the
 * same when a delivery is sent again; X-Gitlab-Event-UUID is shared by hooks that cause each other, so it is no delivery
 * id. Source: docs.gitlab.com/user/project/integrations/webhook_events and webhooks (delivery headers).
 */
export function gitlab({ headers, body }: Delivered): WebhookEvent {
  const kind = text(body, "object_kind") ?? text(body, "event_name");
  if (kind === undefined) return { type: "malformed", path: "object_kind", message: "expected the kind of the event" };
  if (kind === "merge_request") {
    return pullRequest({
      repoURLs: texts(body, ADDRESSES),
      number: at(body, "object_attributes", "iid"),
      branch: text(body, "object_attributes", "source_branch"),
      delivery: deliveryId(headers["idempotency-key"]),
      sender: text(body, "user", "username"),
      event: kind,
      at: { repository: "project.git_http_url", number: "object_attributes.iid" },
    });
  }
  if (kind !== "push" && kind !== "tag_push" && kind !== "repository_update") {
    return { type: "ignored", event: label(kind) };
  }
  const changes = list(body, "changes");
  return push({
    repoURLs: texts(body, ADDRESSES),
    refs: kind === "repository_update" ? changes.map((change) => text(change, "ref")) : [text(body, "ref")],
    delivery: deliveryId(headers["idempotency-key"]),
    sender: text(body, "user_username") ?? text(body, "user_name"),
    at: {
      repository: "project.git_http_url",
      refs: at(body, "changes") === undefined ? "ref" : "changes.ref",
    },
  });
}
