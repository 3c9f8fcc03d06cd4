import { imageAddress } from "../release/image-name.ts";
import type { Delivered, WebhookEvent } from "./event.ts";
import { at, deliveryId, label, list, text } from "./payload.ts";

/** Images in one delivery that are looked for; a registry that tells of more is found by the poll. */
const MOST_IMAGES = 100;

/** A push of images, or what is wrong with it. Names may have a tag or digest behind them. */
export function registryPush(found: {
  images: readonly (string | undefined)[];
  delivery?: string | undefined;
  sender?: string | undefined;
  /** Where the payload keeps them, for the message. */
  at: string;
}): WebhookEvent {
  const images = new Set<string>();
  for (const image of found.images.slice(0, MOST_IMAGES)) {
    const address = image === undefined ? undefined : imageAddress(untagged(image));
    if (address === undefined) {
      return { type: "malformed", path: found.at, message: "expected an image's name such as ghcr.io/acme/web" };
    }
    images.add(address);
  }
  if (images.size === 0) return { type: "malformed", path: found.at, message: "expected at least one image" };
  return {
    type: "registry",
    images: [...images],
    ...(found.delivery !== undefined && { delivery: found.delivery }),
    ...(found.sender !== undefined && { sender: found.sender }),
  };
}

const untagged = (image: string): string =>
  image.replace(/@sha256:[0-9a-f]{64}$/, "").replace(/:[A-Za-z0-9_][A-Za-z0-9._-]*$/, "");

/** Docker Hub's webhook, which has no signature and no delivery id. Source: docs.docker.com/docker-hub/repos/manage/webhooks. */
export function dockerHub({ body }: Delivered): WebhookEvent {
  const name = text(body, "repository", "repo_name");
  return registryPush({
    images: [name === undefined ? undefined : `docker.io/${name}`],
    sender: text(body, "push_data", "pusher"),
    at: "repository.repo_name",
  });
}

/** Quay's `repo_push` notification. Source: docs.projectquay.io, "Repository notifications". */
export const quay = ({ body }: Delivered): WebhookEvent =>
  registryPush({ images: [text(body, "docker_url")], at: "docker_url" });

/** Harbor's webhook in its default format. Source: goharbor.io/docs/latest/working-with-projects/project-configuration/configure-webhooks. */
export function harbor({ body }: Delivered): WebhookEvent {
  const event = text(body, "type") ?? "";
  if (event !== "PUSH_ARTIFACT" && event !== "TAG_RETENTION" && event !== "REPLICATION") {
    return { type: "ignored", event: label(event) };
  }
  return registryPush({
    images: list(body, "event_data", "resources").map((resource) => text(resource, "resource_url")),
    sender: text(body, "operator"),
    at: "event_data.resources",
  });
}

/**
 * Notifications of the distribution project's registry, several in one envelope. A pull is no news: looking for releases makes one itself.
 * Source: distribution.github.io/distribution/about/notifications.
 */
export function distribution({ body }: Delivered): WebhookEvent {
  const events = list(body, "events");
  if (events.length === 0) return { type: "malformed", path: "events", message: "expected at least one event" };
  const told = events.filter((event) => {
    const action = text(event, "action");
    return (action === "push" || action === "delete") && text(event, "target", "repository") !== undefined;
  });
  if (told.length === 0) return { type: "ignored", event: label(text(events[0], "action") ?? "") };
  return registryPush({
    images: told.map((event) => {
      const url = text(event, "target", "url");
      const host =
        (url === undefined ? undefined : /^https?:\/\/([^/]+)\//.exec(url)?.[1]) ?? text(event, "request", "host");
      return host === undefined ? undefined : `${host}/${text(event, "target", "repository")}`;
    }),
    delivery: told.length === 1 ? deliveryId(text(told[0], "id")) : undefined,
    sender: text(told[0], "actor", "name"),
    at: "events",
  });
}

/** GitHub's `package` and `registry_package`. Source: docs.github.com/webhooks/webhook-events-and-payloads#package. */
export function githubPackage(body: unknown, event: string, delivery: string | undefined): WebhookEvent {
  const found = at(body, event);
  if (text(found, "package_type")?.toUpperCase() !== "CONTAINER") return { type: "ignored", event: label(event) };
  const owner = text(found, "namespace") ?? text(found, "owner", "login");
  const name = text(found, "name");
  const named = owner === undefined || name === undefined ? undefined : `ghcr.io/${owner}/${name}`.toLowerCase();
  return registryPush({
    images: [text(found, "package_version", "package_url")?.toLowerCase() || named],
    delivery: deliveryId(delivery),
    sender: text(body, "sender", "login"),
    at: `${event}.package_version.package_url`,
  });
}
