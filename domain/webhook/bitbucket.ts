import { fullRef, push, type Delivered, type WebhookEvent } from "./event.ts";
import { deliveryId, label } from "./github.ts";
import { at, list, text, texts } from "./payload.ts";
import { pullRequest } from "./pull-request.ts";

/**
 * Bitbucket Cloud's `pullrequest:*` and `repo:push`: each change names the ref it made (`new`) or, when it went, the one it was (`old`).
 * Source: support.atlassian.com/bitbucket-cloud/docs/event-payloads.
 */
export function bitbucketCloud({ headers, body }: Delivered): WebhookEvent {
  const event = headers["x-event-key"];
  if (event === undefined) return { type: "malformed", path: "headers", message: "expected the header X-Event-Key" };
  const web = text(body, "repository", "links", "html", "href");
  const name = text(body, "repository", "full_name");
  const repoURLs = [web, name === undefined ? undefined : `https://bitbucket.org/${name}`].filter(
    (url) => url !== undefined,
  );
  if (event.startsWith("pullrequest:")) {
    return pullRequest({
      repoURLs,
      number: at(body, "pullrequest", "id"),
      branch: text(body, "pullrequest", "source", "branch", "name"),
      delivery: deliveryId(headers["x-request-uuid"]),
      sender: text(body, "actor", "nickname") ?? text(body, "actor", "display_name"),
      event: label(event),
      at: { repository: "repository.links.html.href", number: "pullrequest.id" },
    });
  }
  if (event !== "repo:push") return { type: "ignored", event: label(event) };
  return push({
    repoURLs,
    refs: list(body, "push", "changes").map((change) => {
      const side = at(change, "new") ?? at(change, "old");
      return fullRef(text(side, "type"), text(side, "name"));
    }),
    delivery: deliveryId(headers["x-request-uuid"]),
    sender: text(body, "actor", "nickname") ?? text(body, "actor", "display_name"),
    at: { repository: "repository.links.html.href", refs: "push.changes" },
  });
}

/**
 * Bitbucket Server's and Data Center's `repo:refs_changed` and `pr:*`, a mirror's `mirror:repo_synchronized` and the connection test
 * `diagnostics:ping`. Payloads before 8.x carry no clone links: then project key and slug stand for the address, as
 * `/scm/<key>/<slug>`. Source: confluence.atlassian.com/bitbucketserver/event-payload-938025882.html.
 */
export function bitbucketServer({ headers, body }: Delivered): WebhookEvent {
  const event = headers["x-event-key"];
  if (event === undefined) return { type: "malformed", path: "headers", message: "expected the header X-Event-Key" };
  if (event === "diagnostics:ping") {
    return { type: "ping", sentence: "The webhook is set up: pushes will be taken from here." };
  }
  if (event.startsWith("pr:")) {
    return pullRequest({
      repoURLs: serverAddresses(at(body, "pullRequest", "toRef", "repository")),
      number: at(body, "pullRequest", "id"),
      branch: text(body, "pullRequest", "fromRef", "id"),
      delivery: deliveryId(headers["x-request-id"]),
      sender: text(body, "actor", "name"),
      event: label(event),
      at: { repository: "pullRequest.toRef.repository", number: "pullRequest.id" },
    });
  }
  if (event !== "repo:refs_changed" && event !== "mirror:repo_synchronized") {
    return { type: "ignored", event: label(event) };
  }
  const cut = at(body, "refLimitExceeded") === true;
  return push({
    repoURLs: serverAddresses(at(body, "repository")),
    refs: cut ? ["*"] : list(body, "changes").map((change) => text(change, "ref", "id") ?? text(change, "refId")),
    delivery: deliveryId(headers["x-request-id"]),
    sender: text(body, "actor", "name"),
    at: { repository: "repository.links.clone", refs: "changes.ref.id" },
  });
}

function serverAddresses(repository: unknown): string[] {
  const clone = list(repository, "links", "clone").flatMap((link) => texts(link, [["href"]]));
  const key = text(repository, "project", "key");
  const slug = text(repository, "slug");
  return clone.length > 0 || key === undefined || slug === undefined
    ? clone
    : [`/scm/${key.toLowerCase()}/${slug.toLowerCase()}`];
}
