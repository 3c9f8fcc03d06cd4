/** Git servers that send webhooks, and senders of one's own. Without zod, so that the command line may list them. */
export const GIT_PROVIDERS = [
  "github",
  "gitlab",
  "gitea",
  "forgejo",
  "gogs",
  "bitbucket-cloud",
  "bitbucket-server",
  "azure-devops",
  "generic",
] as const;
export type GitProvider = (typeof GIT_PROVIDERS)[number];

/** Registries that send webhooks; GitHub's sends them as GitHub. */
export const REGISTRY_PROVIDERS = ["docker-hub", "harbor", "quay", "distribution"] as const;

/** Senders of webhooks, by the name that a Repository and its receiver give them. */
export const PROVIDERS = [...GIT_PROVIDERS, ...REGISTRY_PROVIDERS] as const;
export type Provider = (typeof PROVIDERS)[number];
