import { push, type Delivered, type WebhookEvent } from "./event.ts";
import { deliveryId, label } from "./github.ts";
import { at, list, text, texts } from "./payload.ts";
import { registryPush } from "./registry.ts";

/**
 * Our own form, for senders without one: `{"repoURL": "https://…", "ref": "refs/heads/main"}`, or `refs` with several;
 * without either, anything may have moved. Of a registry `{"image": "registry.example/shop/web"}`. X-Sluice-Event is `push` (or absent),
 * `registry` or `ping`, X-Sluice-Delivery an id that stays the same when it is sent again.
 */
export function generic({ headers, body }: Delivered): WebhookEvent {
  const event = headers["x-sluice-event"] ?? "push";
  if (event === "ping") return { type: "ping", sentence: "The webhook is set up: pushes will be taken from here." };
  if (event === "registry") {
    return registryPush({
      images: [text(body, "image")],
      delivery: deliveryId(headers["x-sluice-delivery"]),
      sender: text(body, "sender"),
      at: "image",
    });
  }
  if (event !== "push") return { type: "ignored", event: label(event) };
  const several = at(body, "refs") !== undefined;
  const single = at(body, "ref") !== undefined;
  return push({
    repoURLs: texts(body, [["repoURL"]]),
    refs: several ? list(body, "refs").map((ref) => text(ref)) : [single ? text(body, "ref") : "*"],
    delivery: deliveryId(headers["x-sluice-delivery"]),
    sender: text(body, "sender"),
    at: { repository: "repoURL", refs: several ? "refs" : "ref" },
  });
}
