import { createHmac, randomUUID } from "node:crypto";

/** A push as GitHub tells of it. */
export interface PushWebhook {
  /** Address of Sluice. */
  url: string;
  /** Name of the Repository object. */
  repository: string;
  repoURL: string;
  secret: string;
  ref?: string;
  /** Commit that was pushed; Sluice reads it anew in any case. */
  after?: string;
  delivery?: string;
}

/** Sends a signed push webhook, and returns the status of the answer. See GitHub, "Validating webhook deliveries". */
export async function sendPush(push: PushWebhook): Promise<number> {
  const body = JSON.stringify({
    ref: push.ref ?? "refs/heads/main",
    before: "0".repeat(40),
    after: push.after ?? "f".repeat(40),
    repository: {
      full_name: push.repository,
      name: push.repository,
      clone_url: push.repoURL,
      html_url: push.repoURL.replace(/\.git$/, ""),
      default_branch: "main",
    },
    pusher: { name: "demo" },
    sender: { login: "demo" },
  });
  const response = await fetch(`${push.url}/webhooks/github/${push.repository}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-github-event": "push",
      "x-github-delivery": push.delivery ?? randomUUID(),
      "x-hub-signature-256": `sha256=${createHmac("sha256", push.secret).update(body).digest("hex")}`,
    },
    body,
  });
  await response.arrayBuffer();
  return response.status;
}
