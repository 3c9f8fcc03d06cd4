import type { Provider } from "../../schemas/providers.ts";
import { azureDevops } from "./azure-devops.ts";
import { bitbucketCloud, bitbucketServer } from "./bitbucket.ts";
import type { Delivered, Normalise, WebhookEvent } from "./event.ts";
import { generic } from "./generic.ts";
import { gitea, github, gogs } from "./github.ts";
import { gitlab } from "./gitlab.ts";
import { distribution, dockerHub, harbor, quay } from "./registry.ts";

const READERS: Readonly<Record<Provider, Normalise>> = {
  github,
  gitlab,
  gitea,
  forgejo: gitea,
  gogs,
  "bitbucket-cloud": bitbucketCloud,
  "bitbucket-server": bitbucketServer,
  "azure-devops": azureDevops,
  "docker-hub": dockerHub,
  harbor,
  quay,
  distribution,
  generic,
};

/** What a verified webhook of a provider says. Never throws, whatever the body is. */
export function normalise(provider: Provider, delivered: Delivered): WebhookEvent {
  if (typeof delivered.body !== "object" || delivered.body === null || Array.isArray(delivered.body)) {
    return { type: "malformed", path: "", message: "expected a JSON object" };
  }
  return READERS[provider](delivered);
}
