import { push, type Delivered, type WebhookEvent } from "./event.ts";
import { deliveryId, label } from "./github.ts";
import { at, list, text, texts } from "./payload.ts";
import { pullRequest } from "./pull-request.ts";

/** Id of the sample event that the button "Test" of a service hook sends, the same for everybody. */
const SAMPLE_EVENT = "03c164c2-8912-4d5e-8009-3707d5f83734";

/**
 * Azure DevOps's service hooks `git.push` and `git.pullrequest.*`; "Resource details to send" must be All, otherwise the payload names no
 * repository. Source: learn.microsoft.com/azure/devops/service-hooks/events (Code pushed).
 */
export function azureDevops({ body }: Delivered): WebhookEvent {
  const event = text(body, "eventType");
  if (event === undefined) return { type: "malformed", path: "eventType", message: "expected the type of the event" };
  const id = text(body, "id");
  if (event.startsWith("git.pullrequest.")) return azurePullRequest(body, event, id);
  if (event !== "git.push") return { type: "ignored", event: label(event) };
  if (id === SAMPLE_EVENT) {
    return { type: "ping", sentence: "The service hook is set up: this was its sample event, pushes will be taken." };
  }
  if (at(body, "resource", "repository") === undefined) {
    return {
      type: "malformed",
      path: "resource.repository",
      message: 'expected the repository; set "Resource details to send" of the service hook to All',
    };
  }
  return push({
    repoURLs: texts(at(body, "resource", "repository"), [["remoteUrl"], ["sshUrl"], ["webUrl"]]),
    refs: list(body, "resource", "refUpdates").map((update) => text(update, "name")),
    delivery: deliveryId(id),
    sender: text(body, "resource", "pushedBy", "displayName"),
    at: { repository: "resource.repository.remoteUrl", refs: "resource.refUpdates.name" },
  });
}

function azurePullRequest(body: unknown, event: string, id: string | undefined): WebhookEvent {
  return pullRequest({
    repoURLs: texts(at(body, "resource", "repository"), [["remoteUrl"], ["sshUrl"], ["webUrl"]]),
    number: at(body, "resource", "pullRequestId"),
    branch: text(body, "resource", "sourceRefName"),
    delivery: deliveryId(id),
    sender: text(body, "resource", "closedBy", "displayName") ?? text(body, "resource", "createdBy", "displayName"),
    event: label(event),
    at: { repository: "resource.repository.remoteUrl", number: "resource.pullRequestId" },
  });
}
