import { createHmac } from "node:crypto";
import type { Provider } from "../../../schemas/providers.ts";

export const SECRET = "It's a Secret to Everybody";

/** The headers with which a provider proves that a body is its own, by its documentation. */
export function sign(provider: Provider, body: Buffer, secret = SECRET): Record<string, string> {
  const hex = createHmac("sha256", secret).update(body).digest("hex");
  switch (provider) {
    case "github":
      return { "x-hub-signature-256": `sha256=${hex}` };
    case "gitlab":
      return { "x-gitlab-token": secret };
    case "gitea":
      return { "x-gitea-signature": hex };
    case "forgejo":
      return { "x-forgejo-signature": hex };
    case "gogs":
      return { "x-gogs-signature": hex };
    case "bitbucket-cloud":
    case "bitbucket-server":
      return { "x-hub-signature": `sha256=${hex}` };
    case "azure-devops":
      return { authorization: `Basic ${Buffer.from(`hook:${secret}`).toString("base64")}` };
    case "docker-hub":
    case "quay":
      return { authorization: `Basic ${Buffer.from(`sluice:${secret}`).toString("base64")}` };
    case "harbor":
      return { authorization: secret };
    case "distribution":
      return { authorization: `Bearer ${secret}` };
    case "generic":
      return { "x-sluice-signature": `sha256=${hex}` };
  }
}
